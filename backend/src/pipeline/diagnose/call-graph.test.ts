import { describe, expect, it } from 'vitest';
import type { JsonObject, Target } from '../../model/index.ts';
import { callGraph, type Objects } from './call-graph.ts';

const target = (kind: string, namespace: string, name: string): Target => ({ cluster: 'c', kind, namespace, name });
const workload = (app: string, ...values: readonly string[]): JsonObject => ({
  spec: {
    template: {
      metadata: { labels: { app } },
      spec: { containers: [{ name: 'main', env: values.map((value, i) => ({ name: `V${i}`, value })) }] },
    },
  },
});
const service = (namespace: string, name: string, app: string): JsonObject => ({
  metadata: { namespace, name },
  spec: { selector: { app } },
});

const world: Record<string, JsonObject> = {
  'Deployment/shop/web': workload('web', 'http://basket/v1', 'user:secret', 'debug'),
  'Deployment/shop/cart': workload('cart', 'redis://app:pw@store.data:6379/0', 'INFO'),
  'Deployment/shop/mail': workload('mail', 'mq-0.mq.data.svc.cluster.local:5672,mq-1.mq.data.svc.cluster.local:5672'),
  'StatefulSet/data/redis': workload('redis'),
  'StatefulSet/data/mq': workload('mq'),
  // Names of Services and of workloads need not be the same.
  'Service/shop/basket': service('shop', 'basket', 'cart'),
  'Service/data/store': service('data', 'store', 'redis'),
  'Service/data/mq': service('data', 'mq', 'mq'),
};
const split = (key: string): Target => {
  const [kind = '', namespace = '', name = ''] = key.split('/');
  return target(kind, namespace, name);
};
const objects: Objects = {
  cluster: 'c',
  targets: () =>
    Object.keys(world)
      .filter((key) => !key.startsWith('Service'))
      .map(split),
  object: ({ kind, namespace, name }) => world[`${kind}/${namespace}/${name}`],
  podsOf: () => [],
};
const names = (found: readonly Target[]) => found.map((one) => one.name);

describe('callGraph', () => {
  const graph = callGraph(objects);
  it('follows Services that stand in the environment to the workloads that their selectors meet', () => {
    expect(names(graph.callees(target('Deployment', 'shop', 'web')))).toEqual(['cart']);
    expect(names(graph.callees(target('Deployment', 'shop', 'cart')))).toEqual(['redis']);
    expect(names(graph.callees(target('Deployment', 'shop', 'mail')))).toEqual(['mq']);
  });
  it('walks both ways, nearest first', () => {
    expect(names(graph.upstream(target('Deployment', 'shop', 'web')))).toEqual(['cart', 'redis']);
    expect(names(graph.downstream(target('StatefulSet', 'data', 'redis')))).toEqual(['cart', 'web']);
    expect(names(graph.callers(target('StatefulSet', 'data', 'mq')))).toEqual(['mail']);
  });
});
