import { expect, test } from 'vitest';
import { InstantSeries, type QuerySeries, type Topology, type WatchedQuery } from '../../model/index.ts';
import { aggregate } from './aggregate.ts';
import { createAnswerRows } from './answer-rows.ts';
import { createSeriesTable } from './series-table.ts';

/** A generator with a fixed seed, so that a failure can be repeated. */
function chance(seed: number): (below: number) => number {
  let state = seed;
  return (below) => Math.floor(((state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0) / 2 ** 32) * below);
}

const queryOf = (aggregated: WatchedQuery['aggregate']): WatchedQuery => ({
  ...{ name: 'cpu', query: 'cpu', metricType: 'cpu', unit: '', direction: 'up' },
  aggregate: aggregated,
});

/** Pods belong to the workload that their name begins with, until `moved` says another one. */
function world() {
  const moved = new Map<string, string>();
  let asked = 0;
  let revision = 0;
  const topology: Topology = {
    cluster: 'c',
    revision: () => revision,
    ownerOf(_kind, namespace, name) {
      asked += 1;
      return { cluster: 'c', kind: 'Deployment', namespace, name: moved.get(name) ?? name.slice(0, 2) };
    },
    ...{ podsOf: () => [], labelsOf: () => ({}), namespaces: () => [], targets: () => [], interventions: () => [] },
    object: () => undefined,
  };
  const move = (pod: string, to: string): void => {
    moved.set(pod, to);
    revision += 1;
  };
  return { topology, move, asked: () => asked };
}

function vectorOf(all: readonly (readonly [string, number])[], at: number): readonly QuerySeries[] {
  const values = Float64Array.from(all, ([, value]) => value);
  const timestamps = Float64Array.of(at);
  return all.map(([pod], i) => new InstantSeries({ namespace: 'shop', pod }, timestamps, values, i));
}

function reader(query: WatchedQuery, topology: Topology) {
  const rows = createAnswerRows(
    query,
    createSeriesTable(() => undefined),
  );
  return (answer: readonly QuerySeries[]): Map<string, number> => {
    const read = new Map<string, number>();
    rows.read(answer, topology, ({ targetKey }, value) => read.set(targetKey, value));
    return read;
  };
}

test.each(['sum', 'mean', 'max', 'min'] as const)(
  'says what `aggregate` says (%s) while series come, go, change places and owners',
  (aggregated) => {
    const upTo = chance(23);
    const query = queryOf(aggregated);
    const { topology, move, asked } = world();
    const read = reader(query, topology);
    let pods = Array.from({ length: 60 }, (_, i) => `w${i % 7}-${i}`);
    let quiet = 0;
    for (let round = 0; round < 300; round += 1) {
      const kind = upTo(12);
      if (kind === 0) pods = pods.filter(() => upTo(20) > 0);
      if (kind === 1) pods.splice(upTo(pods.length), 0, `w${upTo(9)}-new-${round}`);
      if (kind === 2) pods = pods.toSorted(() => upTo(2) - 0.5);
      if (kind === 3) move(pods[upTo(pods.length)] ?? '', `v${upTo(3)}`);
      const special = [NaN, Infinity, -Infinity, 0];
      const answer = vectorOf(
        pods.map((pod) => [pod, special[upTo(40)] ?? upTo(1000) / 7]),
        round,
      );
      const before = asked();
      const found = read(answer);
      if (kind > 3 && round > 0) expect(asked()).toBe(before);
      if (kind > 3) quiet += 1;
      const columns = aggregate(query, answer, topology).map(
        ({ targetKey, values }) => [targetKey, values.at(-1) ?? NaN] as const,
      );
      expect(found).toEqual(new Map(columns.filter(([, value]) => Number.isFinite(value))));
    }
    expect(quiet).toBeGreaterThan(100);
  },
);

test('asks every time where the topology does not say when it changes', () => {
  const { topology, asked } = world();
  const read = reader(queryOf('sum'), { ...topology, revision: () => undefined });
  for (const at of [1, 2]) read(vectorOf([['w1-a', 1]], at));
  expect(asked()).toBe(2);
});

test('takes a label more or less for another series', () => {
  const { topology } = world();
  const read = reader(queryOf('sum'), topology);
  const labelled = (labels: QuerySeries['labels']): QuerySeries => ({
    labels,
    timestamps: Float64Array.of(1),
    values: Float64Array.of(5),
  });
  expect([...read([labelled({ namespace: 'shop', pod: 'w1-a' })])]).toEqual([['c/Deployment/shop/w1', 5]]);
  expect([...read([labelled({ namespace: 'shop' })])]).toEqual([]);
  expect([...read([labelled({ namespace: 'shop', pod: 'w1-a', name: 'x' })])]).toHaveLength(1);
});

test('of ranges, takes the last instant', () => {
  const { topology } = world();
  const read = reader(queryOf('sum'), topology);
  const range = { labels: { pod: 'w1-a' }, timestamps: Float64Array.of(1, 2), values: Float64Array.of(3, 4) };
  expect([...read([range])]).toEqual([['c/Deployment//w1', 4]]);
});
