import type { KubeWise } from '../api';
import { valuesOf } from './variables';
import { health, target } from '../../tests/samples';

const scores = jest.fn(async (filter: object) => ({
  items: [
    target,
    { ...target, name: 'api' },
    { ...target, namespace: 'pay', name: 'ledger' },
    { ...target, namespace: '' },
  ]
    .filter(({ namespace }) => !('namespace' in filter) || filter.namespace === namespace)
    .map((one) => ({ target: one })),
}));
const api = {
  scores,
  health: async () => health,
  detectors: async () => ({ items: [{ metricType: 'memory' }, { metricType: 'cpu' }] }),
} as unknown as KubeWise;

describe('valuesOf', () => {
  it.each([
    ['namespaces', ['pay', 'shop']],
    ['workloads', ['api', 'ledger', 'web']],
    ['workloads(shop)', ['api', 'web']],
    ['metricTypes', ['cpu', 'memory']],
    ['severities', ['info', 'warning', 'critical']],
    ['clusters', ['demo']],
    ['passwords', []],
    ['', []],
  ])('answers %j', async (query, expected) => {
    expect(await valuesOf(api, query)).toEqual(expected);
  });
});
