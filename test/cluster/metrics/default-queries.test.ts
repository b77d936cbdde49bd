import { beforeAll, describe, expect, it } from 'vitest';
import { defaultQueries } from '../../../backend/src/pipeline/collect/index.ts';
import { createSimClock, type SimClock } from '../clock.ts';
import { query, queryRange } from '../promql/index.ts';
import { createShop, createWorld, modelRuntime } from '../workloads/index.ts';
import { standingCluster } from '../workloads/standing-cluster.ts';
import { exposition } from './exposition.ts';
import { startSampler, type Sampler } from './sampler.ts';

const start = Date.UTC(2026, 10, 25, 15) / 1000;
const day = 86_400;
let sampler: Sampler;
let clock: SimClock;

beforeAll(async () => {
  const shop = createShop({ seed: 7 });
  const cluster = standingCluster(shop);
  const world = createWorld(shop, cluster);
  const runtime = modelRuntime(world);
  clock = createSimClock({ start, speed: Infinity });
  for (const pod of cluster.list('Pod')) runtime.started(pod, 'app', 0, start);
  await clock.sleep(120);
  sampler = startSampler({ world, cluster, clock });
  await clock.sleep(900);
  sampler.stop();
  return () => clock.stop();
});

/** What only exists once an autoscaler, a status or a job of a real control plane has been there is no matter here. */
const values = (promql: string, at: number): number[] => {
  const answer = query(sampler.store, promql, at);
  if (answer.resultType !== 'vector') throw new Error(`${promql} is no vector`);
  return answer.result.map((one) => Number(one.value[1]));
};

describe('the default queries', () => {
  it.each(defaultQueries.map((one) => [one.name, one.query] as const))('%s finds series', (_name, promql) => {
    const found = values(promql, clock.now());
    expect(found.length).toBeGreaterThan(0);
    expect(found.filter((value) => !Number.isFinite(value))).toEqual([]);
  });

  it('answers a week ago as it answers now', () => {
    for (const { name, query: promql } of defaultQueries) {
      const then = values(promql, start - 7 * day);
      expect(then.length, name).toBe(values(promql, clock.now()).length);
      expect(then.every(Number.isFinite), name).toBe(true);
    }
  });
});

describe('the backfill', () => {
  it('runs into the live part without a step', () => {
    const promql = 'sum(rate(container_cpu_usage_seconds_total[5m]))';
    const answer = queryRange(sampler.store, promql, start - 1800, start + 900, 60);
    if (answer.resultType !== 'matrix') throw new Error('no matrix');
    const points = answer.result[0]?.values.map(([, value]) => Number(value)) ?? [];
    const steps = points.slice(1).map((value, index) => Math.abs(value / (points[index] ?? 1) - 1));
    expect(points.length).toBe(46);
    expect(Math.max(...steps)).toBeLessThan(0.06);
  });

  it('has counters that never fall, and a rhythm of days', () => {
    const all = sampler.store.select(
      [{ name: '__name__', op: '=', value: 'container_cpu_usage_seconds_total' }],
      start - 14 * day,
      start + 900,
    );
    for (const { values: counts } of all)
      expect(counts.every((value, index) => index === 0 || value >= (counts[index - 1] ?? 0))).toBe(true);
    const busy = values('sum(rate(http_requests_total[5m]))', start - 7 * day)[0] ?? 0;
    const quiet = values('sum(rate(http_requests_total[5m]))', start - 7 * day - 11 * 3600)[0] ?? 0;
    expect(busy / quiet).toBeGreaterThan(1.5);
  });
});

describe('the exposition', () => {
  it('has every series with the labels of its own job', () => {
    const lines = exposition(sampler.store).split('\n');
    const samples = lines.filter((line) => line !== '' && !line.startsWith('#'));
    expect(samples.length).toBe(sampler.store.size);
    expect(
      samples.filter((row) => !/^[a-zA-Z_0-9:]+\{([^}]*,)?job="[^"]+"[^}]*\} [-+\d.e]+$/.test(row)).slice(0, 3),
    ).toEqual([]);
    expect(exposition(sampler.store, 'kube-state-metrics')).not.toContain('container_cpu_usage_seconds_total');
  });
});
