import { describe, expect, it } from 'vitest';
import {
  targetKey,
  type Answer,
  type Anomaly,
  type EventRecord,
  type JsonObject,
  type Query,
  type Target,
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
    surprises: new Map(),
    events: [],
    changes: [],
    latest: () => undefined,
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
  it('calls no pod stuck that cannot end because its node does not answer', () => {
    const pods = [pod('a', { deletedAt: now - 600, node: 'node-2' }), pod('b')];
    const stuckOn = (answers: boolean): boolean => {
      const objects = {
        ...{ cluster: 'test', targets: () => [], podsOf: () => [{ name: 'a', uid: 'a', node: 'node-2' }] },
        object: ({ kind }: { kind: string }) => (kind === 'Node' ? node('node-2', answers) : undefined),
      };
      return causesIn({ pods, around: { objects } }).some((cause) => cause.class === 'StuckTerminating');
    };
    expect([stuckOn(true), stuckOn(false)]).toEqual([true, false]);
  });
  it('calls no pod hanging that runs on a node that does not answer', () => {
    const hangsOn = (answers: boolean): boolean => {
      const objects = {
        ...{ cluster: 'test', targets: () => [], podsOf: () => [] },
        object: ({ kind }: { kind: string }) => (kind === 'Node' ? node('node-2', answers) : undefined),
      };
      const pods = [pod('a', { ready: false, node: 'node-2' }), pod('b')];
      return causesIn({ pods, around: { objects } }).some((cause) => cause.class === 'StuckPod');
    };
    expect([hangsOn(true), hangsOn(false)]).toEqual([true, false]);
  });
  it('blames the node of what is called and strange, and not of what is called and well', () => {
    const api: Target = { ...target, name: 'api' };
    const objects = {
      ...{ cluster: 'test', targets: () => [] },
      podsOf: ({ name }: { name: string }) => (name === 'api' ? [{ name: 'a', uid: 'a', node: 'node-2' }] : []),
      object: ({ kind }: { kind: string }) => (kind === 'Node' ? node('node-2', false) : undefined),
    };
    const graph = {
      ...{ callees: () => [api], callers: () => [], downstream: () => [] },
      upstream: (one: Target) => (one.name === 'web' ? [api] : []),
    };
    const saidWith = (surprises: ReadonlyMap<string, number>) =>
      first({
        ...{ pods: [pod('a')], nodes: [node('node-1'), node('node-2', false)] },
        ...{ anomalies: [anomaly('errors', 0.4, 0.001)], around: { objects, graph, surprises } },
      })?.class;
    expect(saidWith(new Map([[targetKey(api), 5]]))).toBe('NodeNotReady');
    expect(saidWith(new Map())).toBe('Unknown');
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

  it('says of what it does not know where it seems to have begun: with what is called, if that is nearly as strange', () => {
    const at = (kind: string, name: string): Target => ({ cluster: 'test', kind, namespace: 'shop', name });
    const [web, db] = [fakeIncident().target, at('StatefulSet', 'db')];
    const graph = {
      callees: (one: Target) => (targetKey(one) === targetKey(web) ? [db] : []),
      upstream: (one: Target) => (targetKey(one) === targetKey(web) ? [db] : []),
      ...{ callers: () => [], downstream: () => [] },
    };
    const saidWith = (caller: number, callee: number): string | undefined => {
      const surprises = new Map([
        [targetKey(web), caller],
        [targetKey(db), callee],
      ]);
      return first({ pods: [pod('a')], anomalies: [anomaly('latency', 5, 0)], around: { graph, surprises } })?.message;
    };
    expect(saidWith(9, 8)).toMatch(/no known cause fits .*; it seems to have begun with StatefulSet shop\/db/);
    expect(saidWith(9, 0)).not.toContain('begun');
    expect(saidWith(30, 1)).not.toContain('begun');
  });

  it('a known sequence of events speaks for causes of its class, in words and by a little', () => {
    const world = { pods: [pod('a', { ended: { reason: 'OOMKilled', exitCode: 137 } }), pod('b')] };
    const loop = { ...anomaly('event_sequence', 2, 0), query: 'OomLoop', sentence: 'killed and restarted' };
    const [without, cause] = [first(world), first({ ...world, anomalies: [loop] })];
    expect(cause).toMatchObject({ class: without?.class, facts: { ...without?.facts, sequence: 'OomLoop' } });
    expect(cause?.evidence.at(-1)).toMatch(/^events since .*: OomLoop: killed and restarted$/);
    expect(cause?.score).toBeGreaterThan(without?.score ?? 1);
    const other = first({ ...world, anomalies: [{ ...loop, query: 'PullLoop' }] });
    expect(other).toEqual(without);
  });

  it('says when a level moved, and what was changed before', () => {
    const shift = { at: now - 290, from: 0.021, to: 0.6 };
    const anomalies = [{ ...anomaly('throttling', 0.6, 0.02), shift }, anomaly('cpu', 0.9, 0.4, 'cores')];
    const other = { ...target, name: 'other' };
    const change = { kind: 'Rollout', byUs: false, message: '' } as const;
    const changes = [
      { ...change, target: other, at: now - 291 },
      { ...change, target, at: now - 330 },
      { ...change, target, at: now - 100 },
    ];
    const said = (around: Partial<Surroundings>) =>
      first({ pods: [pod('a'), pod('b')], anomalies, around })?.evidence.find((one) => one.includes('moved'));
    expect(said({ changes })).toMatch(
      /^throttling moved from 0.021 to 0.6 ratio at .*, 40 s after Rollout of .* shop\/web$/,
    );
    expect(said({ changes: changes.slice(0, 1) })).toMatch(/, 1 s after Rollout of .*other$/);
    expect(said({})).toMatch(/ at [\d:]+$/);
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

const event = (reason: string, message: string, involved = 'a'): EventRecord => ({
  ...{ id: reason, version: 0, schemaVersion: 1, cluster: 'test', type: 'Warning', reason, message },
  ...{ involved: { kind: 'Pod', namespace: 'shop', name: involved, uid: '' }, target, targetKey: targetKey(target) },
  ...{ source: '', count: 3, firstSeen: now - 300, lastSeen: now - 10 },
});
/** Two revisions of the target, the newest five minutes before the first symptom; `change` is made to its template. */
function released(change: (spec: JsonObject, container: JsonObject) => { spec?: JsonObject; container?: JsonObject }) {
  const [newest, oldest] = [replicaSet(2, 'web:1', now - 600), replicaSet(1, 'web:1', now - 86_400)];
  const spec: JsonObject = { containers: [] };
  const container: JsonObject = {
    name: 'web',
    image: 'web:1',
    resources: { limits: { cpu: '500m', memory: '256Mi' } },
  };
  const made = change(spec, container);
  const template = { spec: { ...made.spec, containers: [{ ...container, ...made.container }] } };
  return [{ ...newest, spec: { replicas: 2, template } }, oldest];
}
const on = (revision: string) => ({ owner: revision });

describe('what a release changed names its class', () => {
  const errors = [anomaly('errors', 0.4, 0.001)];
  const newPods = [pod('a', on('rs-2')), pod('b', on('rs-2'))];
  it('a size of a pool', () => {
    const revisions = released(() => ({ container: { env: [{ name: 'DB_POOL_SIZE', value: '90' }] } }));
    expect(first({ pods: newPods, revisions, anomalies: errors })?.class).toBe('ConnectionPoolExhausted');
  });
  it('a lower CPU limit', () => {
    const revisions = released(() => ({ container: { resources: { limits: { cpu: '100m', memory: '256Mi' } } } }));
    const anomalies = [anomaly('throttling', 0.8, 0.01)];
    expect(first({ pods: newPods, revisions, anomalies })?.class).toBe('CpuThrottling');
  });
  it('a lower CPU limit whose throttling is measured and not judged yet', () => {
    const revisions = released(() => ({ container: { resources: { limits: { cpu: '100m', memory: '256Mi' } } } }));
    const world = (value: number, timestamp: number) => ({
      ...{ pods: newPods, revisions, anomalies: errors },
      around: { latest: () => ({ value, expected: 0.01, unit: 'ratio', timestamp }) },
    });
    expect(first(world(0.8, now - 30))).toMatchObject({
      class: 'CpuThrottling',
      evidence: expect.arrayContaining(['throttling 0.8 since the newest revision, 0.01 before']),
    });
    expect(first(world(0.05, now - 30))?.class).toBe('SlowRelease');
    expect(first(world(0.8, now - 600))?.class).toBe('SlowRelease');
  });
  it('a probe', () => {
    const revisions = released(() => ({ container: { readinessProbe: { httpGet: { path: '/x' } } } }));
    const pods = [pod('a', { owner: 'rs-2', ready: false }), pod('b')];
    const events = [event('Unhealthy', 'Readiness probe failed: HTTP probe failed with statuscode: 404')];
    expect(first({ pods, revisions, events })?.class).toBe('FailingProbe');
  });
  it('a probe for which the kubelet ends the new pods, and not one beside which they crash', () => {
    const revisions = released(() => ({ container: { livenessProbe: { httpGet: { path: '/x' } } } }));
    const events = [event('Unhealthy', 'Liveness probe failed: HTTP probe failed with statuscode: 404')];
    const endedBy = (exitCode: number, reason = 'Error') => ({
      pods: [pod('a', { owner: 'rs-2', waiting: 'CrashLoopBackOff', ended: { reason, exitCode } }), pod('b')],
      revisions,
    });
    expect(first({ ...endedBy(137), events })).toMatchObject({
      class: 'FailingProbe',
      evidence: [events[0]?.message, 'a is restarted for its probe'],
    });
    expect(first({ ...endedBy(1), events })?.evidence).not.toContain('a is restarted for its probe');
    expect(first(endedBy(137))?.class).toBe('BadRollout');
    expect(first({ ...endedBy(137, 'OOMKilled'), events })?.evidence).not.toContain('a is restarted for its probe');
  });
  it('a place that no node offers', () => {
    const revisions = released(() => ({ spec: { nodeSelector: { disk: 'nvme' } } }));
    const pods = [pod('a', { owner: 'rs-2', ready: false, unschedulable: '0/2 nodes are available' }), pod('b')];
    expect(first({ pods, revisions })).toMatchObject({ class: 'Unschedulable', facts: { placementChanged: true } });
  });
  it('a level of logging', () => {
    const revisions = released(() => ({ container: { env: [{ name: 'LOG_LEVEL', value: 'debug' }] } }));
    const anomalies = [anomaly('disk_writes', 45e6, 1e4, 'bytes/s')];
    expect(first({ pods: newPods, revisions, anomalies })?.class).toBe('LogFlood');
  });
});

describe('what cannot be repaired by writing to the target', () => {
  it('a quota that is used up, by its name', () => {
    const events = [event('FailedCreate', 'pods "web-x" is forbidden: exceeded quota: pods, requested: pods=1')];
    expect(first({ pods: [pod('a')], events })).toMatchObject({
      ...{ class: 'QuotaExceeded', target: { kind: 'ResourceQuota', namespace: 'shop', name: 'pods' } },
    });
  });
  it('a scheduler that says nothing about a pod that waits', () => {
    const silent: JsonObject = { ...pod('a', { ready: false }), spec: {}, status: { phase: 'Pending' } };
    expect(first({ pods: [silent, pod('b')] })).toMatchObject({
      ...{ class: 'SchedulerStuck', target: { kind: 'Component', name: 'kube-scheduler' } },
    });
  });
  it('a policy that came shortly before and lets nobody in', () => {
    const policy = (at: number): JsonObject => ({
      metadata: { name: 'deny', namespace: 'shop', creationTimestamp: iso(at) },
      spec: { podSelector: {}, policyTypes: ['Ingress'], ingress: [] },
    });
    const world = { pods: [pod('a')], anomalies: [anomaly('errors', 0.4, 0.001)] };
    expect(first({ ...world, lists: { NetworkPolicy: [policy(now - 320)] } })?.class).toBe('NetworkPolicy');
    expect(first({ ...world, lists: { NetworkPolicy: [policy(now - 86_400)] } })?.class).not.toBe('NetworkPolicy');
  });
});

describe('too few replicas', () => {
  it('because somebody scaled down and forgot it', () => {
    const scaling = (byUs: boolean) => ({
      ...{ at: now - 400, kind: 'Scaling' as const, target, byUs, message: 'scaled from 5 to 2 replicas' },
    });
    const world = { pods: [pod('a'), pod('b')], anomalies: [anomaly('throttling', 0.7, 0.01)] };
    expect(first({ ...world, around: { changes: [scaling(false)] } })).toMatchObject({
      ...{ class: 'ReplicaMismatch', facts: { replicasWanted: 5 } },
    });
    expect(first({ ...world, around: { changes: [scaling(true)] } })?.class).not.toBe('ReplicaMismatch');
  });
  it('because the autoscaler may not, or has done what it may', () => {
    const hpa = (min: number, max: number): JsonObject => ({
      metadata: { name: 'web', namespace: 'shop' },
      spec: { scaleTargetRef: { kind: 'Deployment', name: 'web' }, minReplicas: min, maxReplicas: max },
      status: { desiredReplicas: max },
    });
    const world = { pods: [pod('a'), pod('b')], anomalies: [anomaly('throttling', 0.7, 0.01)] };
    expect(first({ ...world, autoscalers: [hpa(2, 2)] })).toMatchObject({
      ...{ class: 'AutoscalerMisconfigured', target: { kind: 'HorizontalPodAutoscaler' } },
    });
    expect(first({ ...world, autoscalers: [hpa(1, 2)] })?.class).toBe('AutoscalerAtMax');
  });
  it('because the autoscaler does not get the metrics that it scales by, for longer than a pod needs to start', () => {
    const hpa = (at: number, reason = 'FailedGetResourceMetric'): JsonObject => ({
      metadata: { name: 'web', namespace: 'shop' },
      spec: { scaleTargetRef: { kind: 'Deployment', name: 'web' }, minReplicas: 1, maxReplicas: 4 },
      status: {
        desiredReplicas: 2,
        conditions: [{ type: 'ScalingActive', status: 'False', reason, lastTransitionTime: iso(at) }],
      },
    });
    const world = { pods: [pod('a'), pod('b')], anomalies: [anomaly('throttling', 0.7, 0.01)] };
    expect(first({ ...world, autoscalers: [hpa(now - 300)] })).toMatchObject({
      ...{ class: 'AutoscalerMisconfigured', facts: { blind: true, hpa: 'web' } },
    });
    expect(first({ ...world, autoscalers: [hpa(now - 30)] })?.class).toBe('CpuSaturation');
    expect(first({ ...world, autoscalers: [hpa(now - 300, 'ScalingDisabled')] })?.class).toBe('CpuSaturation');
  });
  it('because the autoscaler says that it wants more than it may, before anything is throttled', () => {
    const hpa = (max: number, reason: string): JsonObject => ({
      metadata: { name: 'web', namespace: 'shop' },
      spec: { scaleTargetRef: { kind: 'Deployment', name: 'web' }, minReplicas: 2, maxReplicas: max },
      status: { desiredReplicas: max, conditions: [{ type: 'ScalingLimited', status: 'True', reason }] },
    });
    const world = { pods: [pod('a'), pod('b')], anomalies: [anomaly('latency', 2, 0.3)] };
    expect(first({ ...world, autoscalers: [hpa(2, 'TooManyReplicas')] })?.class).toBe('AutoscalerMisconfigured');
    expect(first({ ...world, autoscalers: [hpa(4, 'TooManyReplicas')] })?.class).toBe('AutoscalerAtMax');
    expect(first({ ...world, autoscalers: [hpa(2, 'TooFewReplicas')] })?.class).toBe('Unknown');
    expect(first({ ...world, anomalies: [], autoscalers: [hpa(2, 'TooManyReplicas')] })?.class).toBe('Unknown');
  });
});

describe('a pool that runs empty', () => {
  const since = (metricType: string, startedAt: number): Anomaly => ({ ...anomaly(metricType, 0.99, 0.1), startedAt });
  it('leaks when it was empty before anything was slow, and only waits when not', () => {
    const world = (full: number, slow: number) => ({
      pods: [pod('a')],
      anomalies: [since('connections', full), since('latency', slow)],
    });
    expect(first(world(now - 500, now - 300))).toMatchObject({ class: 'ConnectionPoolExhausted', score: 0.94 });
    expect(first(world(now - 300, now - 320))?.score).toBeLessThan(0.6);
  });
});
