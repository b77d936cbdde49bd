import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { IsolationForest, meanPathLength } from './isolation-forest.ts';
import { modelFromText, modelToText, surpriseOfForest } from './isolation-forest-model.ts';
import { ForestScorer } from './isolation-forest-scorer.ts';
import { trainForest, type TrainingSeries } from './isolation-forest-training.ts';
import { randomOf } from './random.ts';

const normal = (random: () => number): number =>
  Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());

/** Path length by walking the definition of the paper: a plain object tree, for comparison. */
function pathByDefinition(forest: IsolationForest, root: number, x: readonly number[], depth = 0): number {
  const { features, thresholds, left, right, sizes } = forest.nodes;
  const f = features[root]!;
  if (f < 0) return depth + meanPathLength(sizes[root]!);
  return pathByDefinition(forest, x[f]! < thresholds[root]! ? left[root]! : right[root]!, x, depth + 1);
}

function history(seed: number, targets = 4, days = 3): TrainingSeries[] {
  const random = randomOf(seed);
  const series: TrainingSeries[] = [];
  for (let t = 0; t < targets; t += 1)
    for (const metricType of ['cpu', 'latency', 'memory']) {
      const times = Array.from({ length: days * 288 }, (_, i) => 1_700_000_000 + i * 300);
      const level = 10 ** Math.floor(3 * random());
      const values = times.map(
        (at) => level * (1 + 0.2 * Math.sin((at / 86_400) * 2 * Math.PI) + 0.05 * normal(random)),
      );
      series.push({ targetKey: `Deployment/shop/w${t}`, metricType, times, values });
    }
  return series;
}
const options = (seed = 1) => ({
  ...{ random: randomOf(seed), window: 600, trainedAt: 1_700_300_000, days: 3, decisionThreshold: -0.2 },
});
function trained(seed = 1) {
  const made = trainForest(history(seed), options(seed));
  if (!made.ok) throw new Error(made.message);
  return made.model;
}

describe('isolation forest', () => {
  it('has the mean path lengths of the paper', () => {
    expect(meanPathLength(1)).toBe(0);
    expect(meanPathLength(2)).toBe(1);
    // c(256) = 2 H(255) - 2 * 255 / 256 with H(i) = ln i + Euler's constant.
    expect(meanPathLength(256)).toBeCloseTo(10.2448, 3);
  });

  it('scores as the definition says: 2^(-mean path / c(psi)), far points above near ones', () => {
    const random = randomOf(7);
    const data = Float64Array.from({ length: 2000 }, () => normal(random));
    const forest = IsolationForest.grown(data, 1000, 2, { trees: 50, sample: 256, random });
    const x = [1.5, -0.3];
    const paths = Array.from(forest.nodes.roots, (root) => pathByDefinition(forest, root, x));
    const mean = paths.reduce((a, b) => a + b, 0) / paths.length;
    expect(forest.score(Float64Array.from(x))).toBeCloseTo(2 ** (-mean / meanPathLength(256)), 12);
    expect(forest.score(Float64Array.of(0, 0))).toBeLessThan(0.5);
    expect(forest.score(Float64Array.of(6, 6))).toBeGreaterThan(0.7);
  });

  it('keeps every training sample of a tree in exactly one leaf, no deeper than ceil(log2 psi)', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: -5, max: 5 }), { minLength: 4, maxLength: 120 }),
        fc.integer(),
        (values, seed) => {
          const rows = Math.floor(values.length / 2);
          const forest = IsolationForest.grown(Float64Array.from(values), rows, 2, {
            trees: 3,
            sample: 16,
            random: randomOf(seed),
          });
          const total = forest.nodes.sizes.reduce((a, b) => a + b, 0);
          expect(total).toBe(3 * Math.min(16, rows));
          const s = forest.score(Float64Array.of(1e300, -1e300));
          expect(s).toBeGreaterThan(0);
          expect(s).toBeLessThanOrEqual(1);
        },
      ),
      { numRuns: 100 },
    );
  });

  it('says the same for the same seed', () => {
    expect(modelToText(trained(3))).toBe(modelToText(trained(3)));
  });

  it('judges itself on history it has not seen: few false alarms, moved windows stand out', () => {
    const { evaluation } = trained();
    expect(evaluation.heldOutWindows).toBeGreaterThan(100);
    expect(evaluation.alarmRate).toBeLessThan(0.01);
    expect(evaluation.auc).toBeGreaterThan(0.95);
  });

  it('refuses to learn from next to nothing', () => {
    const few = history(1, 1, 3).map((one) => ({
      ...one,
      times: Array.from(one.times).slice(0, 40),
      values: Array.from(one.values).slice(0, 40),
    }));
    expect(trainForest(few, options())).toMatchObject({ ok: false, reason: 'TooLittleHistory' });
  });

  it('comes back from its file as it was', () => {
    const model = trained();
    const read = modelFromText(modelToText(model));
    if (!read.ok) throw new Error(read.message);
    const vector = Float64Array.from({ length: model.forest.dimensions }, (_, i) => i - 2);
    expect(read.model.forest.score(vector)).toBe(model.forest.score(vector));
    expect(read.model.evaluation).toEqual(model.evaluation);
  });

  it('refuses a file that is damaged, foreign or of another format, and says what to do', () => {
    const text = modelToText(trained());
    expect(modelFromText('\u0080\u0004joblib')).toMatchObject({ ok: false, reason: 'NotAModel' });
    expect(modelFromText('{"kind":"other","version":1,"digest":"","model":{}}')).toMatchObject({ reason: 'NotAModel' });
    expect(modelFromText(text.replace('"version":1', '"version":99'))).toMatchObject({ reason: 'OtherVersion' });
    expect(modelFromText(text.slice(0, -200))).toMatchObject({ reason: 'NotAModel' });
    const flipped = text.replace(/"window":600/, '"window":601');
    expect(modelFromText(flipped)).toMatchObject({
      reason: 'Damaged',
      message: expect.stringContaining('train a new one'),
    });
  });

  it('scores live rounds: quiet while all is as before, loud when a workload leaves its normal', () => {
    const model = trained();
    const scorer = new ForestScorer(model);
    const series = history(1);
    series.forEach((one, row) => scorer.add(row, one.targetKey, one.metricType));
    const batch = {
      rows: Uint32Array.from(series.keys()),
      values: new Float64Array(12),
      masked: new Uint8Array(12),
      timestamp: 0,
      count: 12,
    };
    const surprises: number[] = [];
    for (let i = 0; i < 200; i += 1) {
      batch.timestamp = series[0]!.times[i]!;
      series.forEach((one, row) => (batch.values[row] = one.values[i]! * (i >= 195 && row < 3 ? 6 : 1)));
      scorer.observe(batch);
      surprises.push(scorer.surprise('Deployment/shop/w0'));
    }
    expect(surprises.slice(20, 195).filter((s) => s > 3.5).length).toBeLessThanOrEqual(1);
    expect(surprises[199]).toBeGreaterThan(3.5);
    expect(scorer.surprise('Deployment/shop/w1')).toBeLessThan(3.5);
    expect(scorer.surprise('Deployment/shop/unknown')).toBe(0);
  });

  it('has a surprise that rises with the score', () => {
    const { calibration } = trained();
    const all = Array.from({ length: 101 }, (_, i) => surpriseOfForest(calibration, i / 100));
    expect(all.every((s, i) => i === 0 || s >= all[i - 1]!)).toBe(true);
  });
});
