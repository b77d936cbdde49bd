import { expect, test } from 'vitest';
import { AlertPolicy, alertRules } from './alert-policy.ts';
import { blockOf } from './columns.ts';
import { randomOf } from './random.ts';
import { SlowHead } from './slow-head.ts';

const made = (): AlertPolicy => {
  const policy = new AlertPolicy();
  policy.grow(1);
  return policy;
};

function judged(policy: AlertPolicy, fused: number, seen: number, learn: boolean): number {
  const surprises = Float64Array.of(fused);
  policy.judge(0, surprises, 0, seen, learn);
  return surprises[0]!;
}

/** Alerts of the last half of 20,000 surprises that are `-log10` of a uniform number, and `more` above that. */
function alertsAt(more: number): number {
  const policy = made();
  const random = randomOf(11);
  let alerts = 0;
  for (let i = 0; i < 20_000; i += 1) {
    const said = judged(policy, more - Math.log10(1 - random()), i, true);
    if (i >= 10_000 && said >= alertRules.from) alerts += 1;
  }
  return alerts;
}

test('a series whose views speak up together by habit alerts hardly more often than another', () => {
  const shares = [2.2, 2.7].map((more) => alertsAt(more) / (10_000 * 10 ** (more - alertRules.from)));
  expect(shares[0]).toBeGreaterThan(0);
  expect(shares[1]).toBeLessThan(0.6 * shares[0]!);
});

test('an alert is said once, and the same again later is said with less surprise', () => {
  const policy = made();
  const said: number[] = [];
  for (let i = 0; i < 12 * alertRules.quiet; i += 1) said.push(judged(policy, i % 10 === 0 ? 6 : 1, 1000 + i, true));
  const alerts = said.filter((one) => one >= alertRules.from);
  expect(alerts.length).toBeLessThanOrEqual(12);
  expect(alerts.length).toBeGreaterThan(6);
  expect(alerts.at(-1)).toBeLessThan(alerts[0]! - 0.1);
});

test('what is not learnt changes neither the level nor a later judgement', () => {
  const policy = made();
  for (let i = 0; i < 500; i += 1) judged(policy, 1 + (i % 7) / 10, i, true);
  const before = Float32Array.from(policy.data);
  for (let i = 0; i < 500; i += 1) judged(policy, 3, 500 + i, false);
  expect(policy.data).toEqual(before);
});

test('with known bounds a new extreme does not change what the order of values means', () => {
  const contextAfter = (lower: number | undefined): number => {
    const head = new SlowHead();
    head.grow(1);
    const block = blockOf(1);
    block.learns[0] = 1;
    block.widths[0] = lower === undefined ? 0 : 80;
    block.lowers[0] = lower ?? NaN;
    let unusual = 0;
    for (let i = 0; i < 700; i += 1) {
      block.values[0] = i === 600 ? 80 : 5 * (i % 8);
      head.observe(block, 1, 60 * i);
      if (i > 612) unusual = Math.max(unusual, Math.abs(head.said(0, 5)));
    }
    return unusual;
  };
  expect(contextAfter(0)).toBeLessThan(0.5 * contextAfter(undefined));
});
