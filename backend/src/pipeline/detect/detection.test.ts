import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createDetection } from './detection.ts';
import { sampleMasks, type Detection, type SeriesInfo } from './detector.ts';
import { randomOf } from './random.ts';

const info = (key: string): SeriesInfo => ({ metricType: 'cpu', direction: 'both', key, targetKey: 'w' });
const made = (): Detection => createDetection({ thresholds: { default: 0.75 } });

/** One value of row 0, a minute after the other unless a time is given. */
function feeding(detection: Detection) {
  let at = 1_700_000_000;
  return (value: number, masked = false, timestamp = (at += 60)): number => {
    const batch = { rows: Uint32Array.of(0), values: Float64Array.of(value), masked: Uint8Array.of(masked ? 1 : 0) };
    detection.observe({ ...batch, timestamp, count: 1 });
    return detection.scores[0] ?? NaN;
  };
}

/** Noise around a level with a daily rhythm. */
function healthy(seed: number) {
  const random = randomOf(seed);
  return (i: number): number => 100 + 20 * Math.sin((2 * Math.PI * i) / 1440) + 3 * (random() + random() - 1);
}

test('a step is anomalous within two samples, and healthy noise after the grace period is not', () => {
  const detection = made();
  detection.add(0, info('a'));
  const feed = feeding(detection);
  const value = healthy(3);
  let alarmed = 0;
  for (let i = 0; i < 5000; i += 1) {
    feed(value(i));
    if (detection.stateOf(0) === 'anomalous') alarmed += 1;
  }
  expect(alarmed).toBeLessThan(10);
  feed(value(5000) + 80);
  feed(value(5001) + 80);
  expect(detection.stateOf(0)).toBe('anomalous');
  const said = detection.explain(0);
  expect(said.views.reduce((sum, view) => sum + view.share, 0)).toBeGreaterThan(0.95);
  expect(said.sentence).toMatch(/^cpu /);
});

test('whatever comes in, scores stay numbers in [0, 1]', () => {
  const any = fc.oneof(fc.double(), fc.constantFrom(NaN, Infinity, -Infinity, 1e308, -1e308, 0, 5e-324));
  fc.assert(
    fc.property(fc.array(any, { minLength: 1, maxLength: 400 }), (values) => {
      const detection = made();
      detection.add(0, info('a'));
      const feed = feeding(detection);
      for (const value of values) {
        const score = feed(value);
        const incident = detection.incidentScores[0] ?? NaN;
        expect(score >= 0 && score <= 1 && incident >= 0 && incident <= 1).toBe(true);
        const { band, confidence } = detection.explain(0);
        expect(Number.isNaN(band[0]) || Number.isNaN(band[1]) || Number.isNaN(confidence)).toBe(false);
      }
    }),
    { numRuns: 60 },
  );
});

/** Scores of a series with a few excursions, as another unit and zero would give it. */
function scoresOf(seed: number, scale: number, shift: number): { scores: number[]; state: number } {
  const detection = made();
  detection.add(0, info('a'));
  const feed = feeding(detection);
  const value = healthy(seed);
  const scores = Array.from({ length: 600 }, (_, i) => feed(scale * (value(i) + (i % 170 === 169 ? 60 : 0)) + shift));
  return { scores, state: detection.snapshot().length };
}

test('scores do not depend on the unit or on where zero is, and the state does not grow', () => {
  const unit = fc.integer({ min: -12, max: 12 }).map((power) => 10 ** power);
  const zero = fc.double({ min: -50, max: 50, noNaN: true });
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 1000 }), unit, zero, (seed, scale, shift) => {
      const plain = scoresOf(seed, 1, 0);
      const other = scoresOf(seed, scale, scale * shift);
      expect(other.state).toBe(plain.state);
      // Single precision: what lies on an edge of the context view's symbols may fall on either side of it.
      const apart = plain.scores.filter((score, i) => Math.abs(score - other.scores[i]!) > 0.02);
      expect(apart.length).toBeLessThanOrEqual(24);
    }),
    { numRuns: 30 },
  );
});

test('another unit by a power of two gives the same scores', () => {
  const one = made();
  const other = made();
  one.add(0, info('a'));
  other.add(0, info('a'));
  const [feed, feedOther] = [feeding(one), feeding(other)];
  const value = healthy(5);
  for (let i = 0; i < 3000; i += 1) {
    const x = value(i) + (i % 700 === 699 ? 50 : 0);
    expect(feedOther(1024 * x)).toBeCloseTo(feed(x), 5);
  }
});

describe('missing, repeated and late samples', () => {
  test('change nothing and alarm nobody', () => {
    const detection = made();
    const clean = made();
    detection.add(0, info('a'));
    clean.add(0, info('a'));
    const feed = feeding(detection);
    const feedClean = feeding(clean);
    const value = healthy(7);
    for (let i = 0; i < 2000; i += 1) {
      const x = value(i);
      const at = 1_700_000_000 + 60 * i;
      feedClean(x, false, at);
      feed(x, false, at);
      feed(NaN, false, at + 10);
      feed(x + 900, false, at);
      feed(x - 900, false, at - 120);
      expect(detection.scores[0]).toBe(clean.scores[0]);
    }
    expect(detection.stateOf(0)).toBe('normal');
  });

  test('a clock that was put back by hours does not silence the series', () => {
    const detection = made();
    detection.add(0, info('a'));
    const feed = feeding(detection);
    const value = healthy(9);
    for (let i = 0; i < 500; i += 1) feed(value(i), false, 1_700_100_000 + 60 * i);
    feed(value(500), false, 1_700_000_000);
    expect(feed(900, false, 1_700_000_060)).toBeGreaterThan(0.9);
  });

  test('a gap of half a day does not alarm by itself', () => {
    const detection = made();
    detection.add(0, info('a'));
    const feed = feeding(detection);
    const value = healthy(11);
    for (let i = 0; i < 4320; i += 1) feed(value(i), false, 1_700_000_000 + 60 * i);
    for (let i = 5040; i < 5060; i += 1) {
      feed(value(i), false, 1_700_000_000 + 60 * i);
      expect(detection.stateOf(0)).toBe('normal');
    }
  });
});

/** Alarms of fifty rollouts, one each 2 h, and one true incident; known from the `knownFrom`th sample of each on. */
function replayOfRollouts(knownFrom: number) {
  const detection = made();
  detection.add(0, info('a'));
  const feed = feeding(detection);
  const value = healthy(13);
  const [first, every, lasts] = [3000, 120, 10];
  const incidentFrom = first + 25 * every + 60;
  let [falseAlarms, found] = [0, false];
  let was = false;
  for (let i = 0; i < first + 50 * every; i += 1) {
    const since = i >= first ? (i - first) % every : Infinity;
    const rollout = since < lasts;
    const incident = i >= incidentFrom && i < incidentFrom + 15;
    // a rollout of another size every time, so that it cannot become familiar
    const moved = rollout ? 60 + ((i - first) % 7) * 20 : incident ? 150 : 0;
    feed(value(i) + moved, rollout && since >= knownFrom);
    const is = detection.stateOf(0) === 'anomalous';
    if (is && !was && !incident) falseAlarms += 1;
    if (is && incident) found = true;
    was = is;
  }
  return { falseAlarms, found };
}

test.each([
  ['', 0],
  [', also when the watch is an interval late', 1],
])('fifty rollouts that are known alarm at least 80 %% less, and the true incident is still found%s', (_, late) => {
  const unknown = replayOfRollouts(Infinity);
  const known = replayOfRollouts(late);
  expect(unknown.falseAlarms).toBeGreaterThan(10);
  expect(known.falseAlarms).toBeLessThanOrEqual(0.2 * unknown.falseAlarms);
  expect(known.found).toBe(true);
});

test('a masked sample is judged and not learnt', () => {
  const detection = made();
  detection.add(0, info('a'));
  const feed = feeding(detection);
  const value = healthy(15);
  for (let i = 0; i < 2000; i += 1) feed(value(i));
  const before = detection.snapshot();
  expect(feed(500, true)).toBeGreaterThan(0.8);
  expect(detection.stateOf(0)).toBe('normal');
  const expected = detection.explain(0).expected;
  for (let i = 0; i < 100; i += 1) feed(500, true);
  expect(detection.explain(0).expected).toBe(expected);
  expect(before.length).toBe(detection.snapshot().length);
});

describe('snapshots', () => {
  const taught = (): Detection => {
    const detection = made();
    detection.add(0, info('a'));
    const feed = feeding(detection);
    const value = healthy(17);
    for (let i = 0; i < 3000; i += 1) feed(value(i));
    return detection;
  };

  test.each(['before', 'after'] as const)('go on bit for bit, restored %s the series is added', (order) => {
    const one = taught();
    const bytes = one.snapshot();
    const other = made();
    if (order === 'after') other.add(0, info('a'));
    expect(other.restore(bytes)).toBe(true);
    if (order === 'before') other.add(0, info('a'));
    const [feed, feedOther] = [feeding(one), feeding(other)];
    for (const x of [100, 180, 30, 120]) expect(feedOther(x, false)).toBe(feed(x, false, undefined));
  });

  test('damaged, cut off or foreign bytes are refused and change nothing', () => {
    const one = taught();
    const bytes = one.snapshot();
    const damaged = bytes.slice();
    damaged[1000]! ^= 1;
    const before = one.explain(0).expected;
    for (const bad of [damaged, bytes.slice(0, -1), bytes.slice(0, 10), new Uint8Array(0), new Uint8Array(5000)])
      expect(one.restore(bad)).toBe(false);
    expect(one.explain(0).expected).toBe(before);
  });
});

test('a series of an open incident is judged and not learnt: an outage does not become the normal', () => {
  const detection = createDetection({ thresholds: { default: 0.75 } });
  detection.add(0, { metricType: 'latency', direction: 'up', key: 'k', targetKey: 't' });
  let at = 0;
  const say = (value: number, mask: number): void =>
    detection.observe({
      ...{ rows: Uint32Array.of(0), values: Float64Array.of(value), masked: Uint8Array.of(mask), count: 1 },
      timestamp: (at += 60),
    });
  for (let i = 0; i < 500; i += 1) say(0.2 + 0.01 * Math.sin(i * 1.7), sampleMasks.none);
  const before = detection.explain(0).expected;
  for (let i = 0; i < 120; i += 1) say(2, sampleMasks.failing);
  expect(detection.stateOf(0)).toBe('anomalous');
  expect(Math.abs(detection.explain(0).expected - before)).toBeLessThan(0.02);
  for (let i = 0; i < 10; i += 1) say(0.2, sampleMasks.failing);
  expect(detection.stateOf(0)).toBe('normal');
});

/** Alarms of a job on Sundays at three, week by week; in the last week something else happens as well. */
function alarmsByWeek(mask: (at: number) => number): number[] {
  const detection = made();
  detection.add(0, info('a'));
  const random = randomOf(4);
  const alarms = [0, 0, 0, 0];
  let was = false;
  for (let i = 0; i < 4 * 10_080; i += 1) {
    const [week, minute] = [Math.floor(i / 10_080), i % 10_080];
    const job = minute >= 4500 && minute < 4545;
    const outage = week === 3 && minute >= 6000 && minute < 6030;
    const value = 10 + random() + (job ? 30 + random() : 0) + (outage ? 30 : 0);
    const at = 604_800 * 2800 + 60 * i;
    const batch = { rows: Uint32Array.of(0), values: Float64Array.of(value), masked: Uint8Array.of(mask(minute)) };
    detection.observe({ ...batch, timestamp: at, count: 1 });
    const is = detection.stateOf(0) === 'anomalous';
    if (is && !was) alarms[week]! += 1;
    was = is;
  }
  return alarms;
}

describe('the rhythm of the week', () => {
  test('a job that comes every week alarms once, an outage at another hour still does', () => {
    const [first, second, third, fourth] = alarmsByWeek(() => sampleMasks.none);
    expect(first).toBeGreaterThanOrEqual(1);
    expect([second, third]).toEqual([0, 0]);
    expect(fourth).toBe(1);
  });

  test('a leak, which is never far from its last values, is not taken for the noise of the week before', () => {
    const detection = made();
    detection.add(0, info('a'));
    const feed = feeding(detection);
    const value = healthy(19);
    for (let i = 0; i < 15 * 1440; i += 1) feed(value(i));
    let anomalous = 0;
    for (let i = 0; i < 1440; i += 1) {
      feed(value(15 * 1440 + i) + 0.1 * i);
      if (detection.stateOf(0) === 'anomalous') anomalous += 1;
    }
    expect(anomalous).toBeGreaterThan(40);
  });

  test('what opened an incident does not become one', () => {
    const alarms = alarmsByWeek((minute) => (minute >= 4503 && minute < 4560 ? sampleMasks.failing : sampleMasks.none));
    expect(alarms.every((count) => count >= 1)).toBe(true);
  });
});
