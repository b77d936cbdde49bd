import { describe, expect, it } from 'vitest';
import type { QuerySeries, Target, Topology } from '../../model/index.ts';
import { aggregate } from './aggregate.ts';
import { alertTarget, isOwnAlert } from './alert-target.ts';
import { defaultQueries } from './default-queries.ts';

const deployment: Target = { cluster: 'c', kind: 'Deployment', namespace: 'shop', name: 'web' };
const topology: Topology = {
  cluster: 'c',
  ownerOf: (kind, namespace, name) =>
    kind === 'Pod' && name.startsWith('web-') ? deployment : { cluster: 'c', kind, namespace, name },
  podsOf: () => [],
  labelsOf: () => ({}),
  namespaces: () => [],
  targets: () => [],
  interventions: () => [],
  object: () => undefined,
};
const query = (name: string) => {
  const found = defaultQueries.find((one) => one.name === name);
  if (!found) throw new Error(`no query ${name}`);
  return found;
};
const series = (labels: Record<string, string>, ...points: readonly (readonly [number, number])[]): QuerySeries => ({
  labels: { namespace: 'shop', ...labels },
  timestamps: Float64Array.from(points, ([at]) => at),
  values: Float64Array.from(points, ([, value]) => value),
});

describe('aggregate', () => {
  const pods = [series({ pod: 'web-a' }, [60, 1], [120, 2]), series({ pod: 'web-b' }, [120, 4], [180, 8])];
  it('brings pods to their owner and adds up what is there at each instant', () => {
    const [column, ...more] = aggregate(query('workload-cpu'), pods, topology);
    expect(more).toEqual([]);
    expect(column?.target).toEqual(deployment);
    expect([...(column?.timestamps ?? [])]).toEqual([60, 120, 180]);
    expect([...(column?.values ?? [])]).toEqual([1, 6, 8]);
  });
  it('takes the mean or the maximum where the query says so', () => {
    const values = (name: string) => [...(aggregate(query(name), pods, topology)[0]?.values ?? [])];
    expect(values('workload-throttling')).toEqual([1, 3, 8]);
    expect(values('workload-memory')).toEqual([1, 4, 8]);
  });
  it('leaves out what is not a number', () => {
    const [column] = aggregate(query('workload-cpu'), [series({ pod: 'web-a' }, [60, NaN]), ...pods], topology);
    expect([...(column?.values ?? [])]).toEqual([1, 6, 8]);
  });
  it('gives a node, a claim and a component their own target', () => {
    const targetsOf = (name: string, labels: Record<string, string>) =>
      aggregate(query(name), [series(labels, [60, 1])], topology).map((one) => `${one.target.kind}/${one.target.name}`);
    expect(targetsOf('node-cpu', { instance: 'node-1:9100' })).toEqual(['Node/node-1']);
    expect(targetsOf('pvc-usage', { persistentvolumeclaim: 'data-db-0' })).toEqual(['PersistentVolumeClaim/data-db-0']);
    expect(targetsOf('apiserver-latency', {})).toEqual(['Component/kube-apiserver']);
  });
  it('gives what callers see to whom they call, of whatever kind that is', () => {
    const db: Target = { cluster: 'c', kind: 'StatefulSet', namespace: 'data', name: 'db' };
    const known: Topology = {
      ...topology,
      ownerOf: (kind, namespace, name) =>
        kind === db.kind && namespace === db.namespace && name === db.name ? db : undefined,
    };
    const called = (name: string): QuerySeries =>
      series({ destination_workload: name, destination_workload_namespace: 'data' }, [60, 0.2]);
    const columns = aggregate(query('workload-latency'), [called('db'), called('other')], known);
    expect(columns.map(({ target }) => target)).toEqual([db, { ...db, kind: 'Deployment', name: 'other' }]);
  });
});

describe('the default queries', () => {
  it('have names of their own, and say what they need', () => {
    expect(new Set(defaultQueries.map((one) => one.name)).size).toBe(defaultQueries.length);
    for (const one of defaultQueries) expect(one.requires ?? '').toMatch(/^[a-zA-Z_]+$/);
  });
});

describe('alerts', () => {
  it('name their target by the labels of kube-prometheus and by our own', () => {
    expect(alertTarget({ namespace: 'shop', pod: 'web-a' }, topology)).toEqual(deployment);
    expect(alertTarget({ namespace: 'shop', deployment: 'web' }, topology)?.kind).toBe('Deployment');
    expect(alertTarget({ severity: 'none' }, topology)).toBeUndefined();
  });
  it('are ours when they carry our source', () => {
    expect(isOwnAlert({ source: 'kubewise', alertname: 'X' })).toBe(true);
    expect(isOwnAlert({ alertname: 'KubeWiseBlind' })).toBe(true);
    expect(isOwnAlert({ alertname: 'KubePodCrashLooping' })).toBe(false);
  });
});
