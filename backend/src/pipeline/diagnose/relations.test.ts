import { describe, expect, it } from 'vitest';
import { targetKey, type Cause, type Incident, type Target } from '../../model/index.ts';
import { fakeIncident } from '../ports.fake.ts';
import type { CallGraph } from './call-graph.ts';
import { isUnderChange, relatedIncident, sameCause } from './relations.ts';

const of = (kind: string, name: string, namespace = 'shop'): Target => ({ cluster: 'c', kind, namespace, name });
const web = of('Deployment', 'web');
const cart = of('Deployment', 'cart');
const mail = of('Deployment', 'mail');
const mq = of('StatefulSet', 'mq', 'data');
const db = of('StatefulSet', 'db', 'data');
const node = of('Node', 'node-1', '');
/** web → cart → db; mail calls nobody. */
const up = new Map([
  [targetKey(web), [cart, db]],
  [targetKey(cart), [db]],
]);
const down = new Map([
  [targetKey(cart), [web]],
  [targetKey(db), [cart, web]],
]);
const graph: CallGraph = {
  callees: () => [],
  callers: (target) => (target.name === 'mq' ? [cart] : []),
  upstream: (target) => up.get(targetKey(target)) ?? [],
  downstream: (target) => down.get(targetKey(target)) ?? [],
};
const objects = {
  ...{ cluster: 'c', targets: () => [], object: () => undefined },
  podsOf: (target: Target) => (target.name === 'mail' ? [{ name: 'mail-1', uid: 'm', node: 'node-1' }] : []),
};
const near = { graph, objects, targetsOf: (one: Incident) => (one.id === 'wide' ? [cart] : []) };
const cause = (kind: string, target: Target, score = 0.9): Cause => ({
  ...{ class: kind, target, score, message: '', evidence: [], facts: {} },
});
const incident = (id: string, target: Target, signals: string[], causes: Cause[] = [], openedAt = 1000): Incident =>
  fakeIncident({ id, target, targetKey: targetKey(target), signals, causes, openedAt });
const related = (target: Target, signals: string[], ...open: Incident[]) =>
  relatedIncident(target, signals, open, near)?.id;

describe('relatedIncident', () => {
  it('joins who calls what is not well, and what is called by who is not', () => {
    const slowDb = incident('a', cart, ['metric:latency'], [cause('SlowDependency', db)]);
    expect(related(web, ['metric:errors', 'limit:errors'], slowDb)).toBe('a');
    expect(related(db, ['metric:pvc', 'limit:pvc'], incident('b', web, ['metric:errors', 'metric:latency']))).toBe('b');
  });
  it('joins a queue that fills because its consumer cannot reach what it needs', () => {
    const lost = incident('q', db, ['metric:replicas', 'event:Unhealthy'], [cause('QuorumLost', db)]);
    expect(related(mq, ['metric:queue', 'metric:queue_lag', 'limit:queue_lag'], lost)).toBe('q');
    expect(related(mq, ['metric:queue', 'metric:replicas'], lost)).toBeUndefined();
  });
  it('keeps trouble of its own apart, and what nothing connects', () => {
    const slowDb = incident('a', cart, ['metric:latency'], [cause('SlowDependency', db)]);
    expect(related(web, ['metric:errors', 'event:BackOff'], slowDb)).toBeUndefined();
    expect(related(mail, ['metric:errors', 'metric:latency'], slowDb)).toBeUndefined();
  });
  it('joins what runs on a node that is not well, but not what crashes there by itself', () => {
    const sick = incident('n', node, ['metric:node_pressure', 'limit:node_pressure'], [cause('NodePressure', node)]);
    expect(related(mail, ['metric:replicas', 'event:Evicted'], sick)).toBe('n');
    expect(related(mail, ['metric:waiting', 'event:BackOff'], sick)).toBeUndefined();
    expect(related(cart, ['metric:replicas', 'event:Evicted'], sick)).toBeUndefined();
  });
  it('joins whoever finds no place while the nodes are closed, but not while one asks for too much', () => {
    const closed = incident('c', cart, ['metric:replicas'], [cause('Unschedulable', node)]);
    expect(related(mail, ['event:FailedScheduling'], closed)).toBe('c');
    expect(related(mail, ['event:FailedScheduling', 'event:BackOff'], closed)).toBeUndefined();
    expect(related(of('CronJob', 'report'), ['event:FailedScheduling', 'metric:jobs'], closed)).toBe('c');
    expect(related(of('CronJob', 'report'), ['metric:jobs', 'limit:jobs'], closed)).toBeUndefined();
    const hungry = incident('h', cart, ['metric:replicas'], [cause('Unschedulable', cart)]);
    expect(related(mail, ['event:FailedScheduling'], hungry)).toBeUndefined();
  });
  it('joins whoever lost packets to the node that loses them, also when it has moved since', () => {
    const lossy = incident('l', mail, ['metric:network', 'metric:latency'], [cause('PacketLoss', node)]);
    expect(related(db, ['metric:network', 'event:Unhealthy'], lossy)).toBe('l');
    expect(related(db, ['metric:pvc', 'event:Unhealthy'], lossy)).toBeUndefined();
    const pressed = incident('p', mail, ['metric:node_pressure'], [cause('NodePressure', node)]);
    expect(related(db, ['metric:network', 'event:Unhealthy'], pressed)).toBeUndefined();
  });
  it('joins everybody to the failure of what everybody needs', () => {
    const dns = incident('d', web, ['metric:errors'], [cause('DnsFailure', of('Deployment', 'dns', 'kube-system'))]);
    expect(related(mail, ['metric:errors', 'metric:latency'], dns)).toBe('d');
    expect(related(mail, ['metric:oom', 'metric:errors'], dns)).toBeUndefined();
  });
  it('takes mild trouble for a part of what goes on among its neighbours, and failures not', () => {
    const wide = incident('wide', mail, ['metric:throttling', 'metric:cpu']);
    expect(related(web, ['metric:cpu', 'metric:latency'], wide)).toBe('wide');
    expect(related(web, ['metric:errors', 'metric:latency'], wide)).toBeUndefined();
    expect(related(web, ['metric:cpu', 'metric:queue_lag', 'limit:queue_lag'], wide)).toBeUndefined();
  });
  it('keeps apart whose autoscaler is at its maximum, whatever goes on among its neighbours', () => {
    const wide = incident('wide', mail, ['metric:throttling', 'metric:cpu']);
    expect(related(web, ['metric:hpa', 'metric:latency'], wide)).toBe('wide');
    expect(related(web, ['metric:hpa', 'limit:hpa', 'metric:latency'], wide)).toBeUndefined();
    const slow = incident('s', cart, ['metric:latency']);
    expect(related(web, ['metric:hpa', 'limit:hpa', 'metric:latency'], slow)).toBeUndefined();
  });
  it('takes the oldest', () => {
    const one = incident('late', cart, ['metric:latency'], [], 2000);
    const other = incident('early', db, ['metric:pvc'], [], 1500);
    expect(related(web, ['metric:errors'], one, other)).toBe('early');
  });
});

describe('isUnderChange', () => {
  const change = (kind: 'Rollout' | 'Scaling' | 'NodeCordon', of: Target, at: number) => ({ kind, target: of, at });
  const under = (signals: string[], ...changes: ReturnType<typeof change>[]) =>
    isUnderChange(web, signals, near, changes, 1000);
  it('excuses trouble that travels while what is called restarts, for some minutes', () => {
    expect(under(['metric:errors'], change('Rollout', db, 800))).toBe(true);
    expect(under(['metric:errors'], change('NodeCordon', node, 800))).toBe(true);
    expect(under(['metric:errors'], change('Rollout', db, 500))).toBe(false);
  });
  it('excuses a queue that fills while those who take from it restart', () => {
    const filling = ['metric:queue', 'metric:queue_lag'];
    expect(isUnderChange(mq, filling, near, [change('Rollout', cart, 800)], 1000)).toBe(true);
    expect(isUnderChange(mq, ['metric:latency'], near, [change('Rollout', cart, 800)], 1000)).toBe(false);
    expect(isUnderChange(mq, filling, near, [change('Rollout', web, 800)], 1000)).toBe(false);
  });
  it('excuses nothing else: crashes, what was scaled away, what is not called, its own release', () => {
    expect(under(['metric:errors', 'event:BackOff'], change('Rollout', db, 800))).toBe(false);
    expect(under(['metric:errors'], change('Scaling', db, 800))).toBe(false);
    expect(under(['metric:errors'], change('Rollout', mail, 800))).toBe(false);
    expect(under(['metric:errors'], change('Rollout', web, 800))).toBe(false);
  });
});

describe('sameCause', () => {
  const first = incident('a', web, [], [cause('DnsFailure', db)], 1000);
  it('finds the older incident that blames the same object for the same', () => {
    const second = incident('b', cart, [], [], 1030);
    expect(sameCause(second, [cause('DnsFailure', db)], [first, second])?.id).toBe('a');
    expect(sameCause(second, [cause('DnsFailure', cart)], [first, second])).toBeUndefined();
    expect(sameCause(second, [cause('Unknown', db, 0.1)], [first, second])).toBeUndefined();
  });
  it('never finds itself or a younger one', () => {
    const younger = incident('c', cart, [], [cause('DnsFailure', db)], 1090);
    expect(sameCause(first, first.causes, [first, younger])).toBeUndefined();
  });
});
