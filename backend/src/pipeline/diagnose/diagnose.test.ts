import { describe, expect, it } from 'vitest';
import {
  targetKey,
  type Answer,
  type Anomaly,
  type EventRecord,
  type JsonObject,
  type Query,
} from '../../model/index.ts';
import { fakeIncident } from '../ports.fake.ts';
import { callGraph } from './call-graph.ts';
import { diagnose } from './diagnose.ts';
import type { Surroundings } from './symptoms.ts';

const now = 1_700_000_600;
const iso = (at: number) => new Date(at * 1000).toISOString();
const target = { cluster: 'test', kind: 'Deployment', namespace: 'shop', name: 'web' };

const template = (image: string): JsonObject => ({
  spec: {
    containers: [{ name: 'web', image, resources: { limits: { cpu: '500m', memory: '256Mi' } } }],
  },
});
const deployment = (image: string): JsonObject => ({
  metadata: { name: 'web', namespace: 'shop', uid: 'd' },
  spec: { replicas: 2, selector: { matchLabels: { app: 'web' } }, template: template(image) },
});
const replicaSet = (revision: number, image: string, at: number): JsonObject => ({
  metadata: {
    name: `web-${revision}`,
    namespace: 'shop',
    uid: `rs-${revision}`,
    creationTimestamp: iso(at),
    annotations: { 'deployment.kubernetes.io/revision': String(revision) },
    ownerReferences: [{ kind: 'Deployment', name: 'web', uid: 'd', controller: true }],
  },
  spec: { replicas: 2, template: template(image) },
});
interface PodOptions {
  readonly owner?: string;
  readonly waiting?: string;
  readonly ended?: { readonly reason: string; readonly exitCode: number };
  readonly ready?: boolean;
  readonly node?: string;
  readonly deletedAt?: number;
  readonly unschedulable?: string;
}
const pod = (name: string, options: PodOptions = {}): JsonObject => ({
  metadata: {
    name,
    namespace: 'shop',
    uid: name,
    creationTimestamp: iso(now - 7200),
    ownerReferences: [{ kind: 'ReplicaSet', uid: options.owner ?? 'rs-1', name: 'rs', controller: true }],
    ...(options.deletedAt && { deletionTimestamp: iso(options.deletedAt) }),
  },
  spec: { ...(options.unschedulable ? {} : { nodeName: options.node ?? 'node-1' }), containers: [{ name: 'web' }] },
  status: {
    phase: options.unschedulable ? 'Pending' : 'Running',
    conditions: [
      { type: 'Ready', status: options.ready === false ? 'False' : 'True', lastTransitionTime: iso(now - 600) },
      ...(options.unschedulable
        ? [{ type: 'PodScheduled', status: 'False', reason: 'Unschedulable', message: options.unschedulable }]
        : []),
    ],
    containerStatuses: [
      {
        name: 'web',
        ready: options.ready !== false,
        restartCount: options.ended ? 3 : 0,
        state: options.waiting ? { waiting: { reason: options.waiting } } : { running: {} },
        ...(options.ended && { lastState: { terminated: { ...options.ended, finishedAt: iso(now - 60) } } }),
      },
    ],
  },
});
const node = (name: string, ready = true): JsonObject => ({
  metadata: { name },
  spec: {},
  status: { conditions: [{ type: 'Ready', status: ready ? 'True' : 'Unknown' }] },
});
const anomaly = (metricType: string, value: number, expected: number, unit = 'ratio'): Anomaly => ({
  ...{
    id: metricType,
    version: 0,
    schemaVersion: 1,
    cluster: 'test',
    series: metricType,
    query: metricType,
    metricType,
  },
  ...{
    unit,
    target,
    targetKey: targetKey(target),
    value,
    expected,
    band: [0, 1],
    score: 0.9,
    peak: 0.9,
    threshold: 0.78,
  },
  ...{ severity: 'warning', confidence: 1, views: [], features: {}, sentence: `${metricType} is ${value}` },
  ...{ startedAt: now - 300, updatedAt: now, open: true, reason: '' },
});

/** A cluster of which only what the test names is known. */
const surroundings = (fields: Partial<Surroundings> = {}): Surroundings => {
  const objects = { cluster: 'test', targets: () => [], object: () => undefined, podsOf: () => [], ...fields.objects };
  return {
    graph: callGraph(objects),
    ownerOf: () => undefined,
    anomalies: [],
    events: [],
    changes: [],
    isMeasured: () => false,
    ...fields,
    objects,
  };
};

interface World {
  readonly around?: Partial<Surroundings>;
  readonly pods: readonly JsonObject[];
  readonly revisions?: readonly JsonObject[];
  readonly nodes?: readonly JsonObject[];
  readonly anomalies?: readonly Anomaly[];
  readonly autoscalers?: readonly JsonObject[];
  readonly events?: readonly EventRecord[];
  /** Other kinds that are listed, and what metrics answer. */
  readonly lists?: Readonly<Record<string, readonly JsonObject[]>>;
  readonly metrics?: (promql: string) => Answer['values'];
}
function answer(world: World, query: Query): Answer {
  const lists: Record<string, readonly JsonObject[]> = {
    ReplicaSet: world.revisions ?? [replicaSet(1, 'web:1', now - 86_400)],
    Pod: world.pods,
    Node: world.nodes ?? [node('node-1'), node('node-2')],
    HorizontalPodAutoscaler: world.autoscalers ?? [],
    ...world.lists,
  };
  const one = (kind: string): JsonObject[] =>
    kind === 'Node' ? [...(world.nodes ?? [])].slice(-1) : [deployment('web:1')];
  const objects = query.kind === 'Object' ? one(query.ref.kind) : query.kind === 'List' ? lists[query.of] : [];
  const values = query.kind === 'Metric' ? (world.metrics?.(query.promql) ?? []) : [];
  return { query, found: values.length > 0, objects: [...(objects ?? [])], values: [...values], at: now };
}

function causesIn(world: World) {
  const anomalies = world.anomalies ?? [];
  const signals = [...new Set(anomalies.map((one) => `metric:${one.metricType}`))];
  const incident = fakeIncident({ startedAt: now - 300, signals });
  const events = [...(world.events ?? [])];
  let evidence: readonly Answer[] = [];
  for (let round = 0; round < 3; round += 1) {
    const around = surroundings(world.around);
    const said = diagnose({ incident, anomalies, events, alerts: [], around, evidence, now });
    if (!said.wants) return said.causes;
    evidence = [...evidence, ...said.wants.map((query) => answer(world, query))];
  }
  throw new Error('asks for ever');
}
const first = (world: World) => causesIn(world)[0];

describe('diagnose', () => {
  it('asks for the state of the target before it says anything', () => {
    const said = diagnose({
      incident: fakeIncident(),
      anomalies: [],
      events: [],
      alerts: [],
      around: surroundings(),
      evidence: [],
      now,
    });
    expect(said.wants?.length).toBeGreaterThan(2);
  });

  it('tells an OOM kill, and what the limit would have to be', () => {
    const cause = first({ pods: [pod('a', { ended: { reason: 'OOMKilled', exitCode: 137 } }), pod('b')] });
    expect(cause).toMatchObject({ class: 'OutOfMemory', facts: { memoryLimit: '256Mi', memoryWanted: '512Mi' } });
  });

  it('tells a bad rollout from a crash loop by the revision that fails', () => {
    const crash = { waiting: 'CrashLoopBackOff', ended: { reason: 'Error', exitCode: 1 }, ready: false };
    const revisions = [replicaSet(2, 'web:2', now - 400), replicaSet(1, 'web:1', now - 86_400)];
    expect(first({ pods: [pod('new', { ...crash, owner: 'rs-2' }), pod('old')], revisions })?.class).toBe('BadRollout');
    expect(first({ pods: [pod('new', crash), pod('old')] })?.class).toBe('CrashLoop');
  });

  it('tells an image that cannot be pulled', () => {
    expect(first({ pods: [pod('a', { waiting: 'ImagePullBackOff', ready: false })] })?.class).toBe('ImagePull');
  });

  it('tells CPU saturation and how many replicas the load wants', () => {
    const anomalies = [anomaly('throttling', 0.6, 0.02), anomaly('cpu', 0.9, 0.4, 'cores')];
    const cause = first({ pods: [pod('a'), pod('b')], anomalies });
    expect(cause).toMatchObject({ class: 'CpuSaturation', facts: { autoscaled: false } });
    expect(cause?.facts['replicasWanted']).toBeGreaterThan(2);
  });

  it('blames the node when all failing pods share a sick one', () => {
    const pods = [pod('a', { ready: false, node: 'node-2' }), pod('b')];
    const nodes = [node('node-1'), node('node-2', false)];
    const objects = {
      ...{ cluster: 'test', targets: () => [], podsOf: () => [{ name: 'a', uid: 'a', node: 'node-2' }] },
      object: ({ kind }: { kind: string }) => (kind === 'Node' ? nodes[1] : undefined),
    };
    const cause = first({ pods, nodes, around: { objects } });
    expect(cause).toMatchObject({ class: 'NodeNotReady', target: { kind: 'Node', name: 'node-2' } });
    // Nothing on it answers any more while the exporters of others do: that is the network.
    const metrics = () => [{ labels: { instance: 'node-1:9100' }, value: 1 }];
    expect(first({ pods, nodes, around: { objects }, metrics })?.class).toBe('NetworkPartition');
  });
  it('tells a stuck pod, a hanging one, and one that nothing can take', () => {
    expect(first({ pods: [pod('a', { deletedAt: now - 600 }), pod('b')] })?.facts).toMatchObject({
      pod: 'a',
      terminating: true,
    });
    expect(first({ pods: [pod('a', { ready: false }), pod('b')] })?.facts).toMatchObject({
      pod: 'a',
      terminating: false,
    });
    const unschedulable = '0/2 nodes are available: insufficient cpu';
    expect(first({ pods: [pod('a', { unschedulable, ready: false }), pod('b')] })?.class).toBe('Unschedulable');
  });

  it('says that it does not know, rather than guess', () => {
    const causes = causesIn({ pods: [pod('a'), pod('b')], anomalies: [anomaly('network', 5, 0)] });
    expect(causes.map((cause) => cause.class)).toEqual(['Unknown']);
  });

  it('is deterministic', () => {
    const world = { pods: [pod('a', { waiting: 'CrashLoopBackOff', ready: false })] };
    expect(causesIn(world)).toEqual(causesIn(world));
  });

  it('a release that runs but is slower is the cause of what began after it, and of nothing before', () => {
    const revisions = [replicaSet(2, 'web:2', now - 600), replicaSet(1, 'web:1', now - 86_400)];
    const slow = { ...anomaly('latency', 2, 0.2), startedAt: now - 300 };
    const world = { pods: [pod('web-1')], revisions, anomalies: [slow] };
    expect(causesIn(world)[0]).toMatchObject({ class: 'SlowRelease', facts: { hasPreviousRevision: true } });
    const before = { ...slow, startedAt: now - 900 };
    expect(causesIn({ ...world, anomalies: [before] }).map((cause) => cause.class)).not.toContain('SlowRelease');
  });
});
