import { describe, expect, it } from 'vitest';
import { Calibration } from './calibration.ts';
import { randomOf } from './random.ts';

/** A fused surprise that says `often` times too often what it says. */
const overstated = (random: () => number, often: number): number => -often * Math.log10(1 - random());

/** What a fused surprise of a row is calibrated to. */
function calibratedBy(calibration: Calibration, row: number, surprise: number): number {
  const said = Float64Array.of(surprise);
  calibration.calibrate(row, said, 0);
  return said[0] ?? NaN;
}

/** So many workloads with two series each; what `say` says of a row in a round is learnt. */
function taught(workloads: number, rounds: number, say: (row: number, round: number) => number) {
  const calibration = new Calibration();
  const rows = 2 * workloads;
  calibration.grow(rows);
  for (let row = 0; row < rows; row += 1) calibration.add(row, 'cpu', `workload ${row >> 1}`);
  const over = [0, 0, 0];
  for (let round = 0; round < rounds; round += 1)
    for (let row = 0; row < rows; row += 1) {
      const surprise = say(row, round);
      const calibrated = calibratedBy(calibration, row, surprise);
      for (let k = 0; k < 3; k += 1) over[k]! += calibrated >= k + 1 ? 1 : 0;
      calibration.moment(60 * round);
      calibration.learn(row, Float64Array.of(surprise), Float64Array.of(calibrated), 0);
    }
  const ratios = over.map((count, k) => (count / (rows * rounds)) * 10 ** (k + 1));
  return { calibration, ratios };
}

describe('calibration', () => {
  it('says 1, 2 and 3 as often as one in 10, 100 and 1,000, however much the detectors overstate', () => {
    for (const often of [1.5, 3]) {
      const random = randomOf(5);
      const { ratios } = taught(30, 3000, () => overstated(random, often));
      for (const ratio of ratios) {
        expect(ratio).toBeGreaterThan(0.5);
        expect(ratio).toBeLessThan(2);
      }
    }
  });

  it('keeps the order, and the way back is the way there', () => {
    const random = randomOf(2);
    const { calibration } = taught(10, 500, () => overstated(random, 2));
    let before = -1;
    for (let surprise = 0; surprise < 50; surprise += 0.25) {
      const calibrated = calibratedBy(calibration, 0, surprise);
      expect(calibrated).toBeGreaterThan(before);
      expect(calibration.fused(0, calibrated)).toBeCloseTo(surprise, 6);
      before = calibrated;
    }
  });

  it('does not take an outage of half the cluster for noise', () => {
    const random = randomOf(3);
    const outage = (row: number, round: number): boolean => row % 4 < 2 && round >= 2900;
    const { calibration } = taught(30, 3000, (row, round) => (outage(row, round) ? 30 : overstated(random, 1.5)));
    expect(calibratedBy(calibration, 0, 30)).toBeGreaterThan(9);
  });

  it('believes a lone workload nothing about noise', () => {
    const fresh = taught(1, 0, () => 0).calibration;
    const { calibration } = taught(1, 3000, () => 20);
    expect(calibratedBy(calibration, 0, 20)).toBe(calibratedBy(fresh, 0, 20));
  });

  it('is taken up again from what was kept', () => {
    const random = randomOf(7);
    const { calibration } = taught(20, 1000, () => overstated(random, 3));
    const fresh = taught(20, 0, () => 0).calibration;
    for (const { key, floats } of calibration.pools) fresh.restore(key, floats);
    expect(calibratedBy(fresh, 0, 8)).toBeCloseTo(calibratedBy(calibration, 0, 8), 1);
    expect(calibratedBy(fresh, 0, 8)).toBeLessThan(3.5);
  });
});
