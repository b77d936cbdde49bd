import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import {
  createDetection,
  defaultThreshold,
  FeedbackForest,
  randomOf,
  type Features,
} from '../../backend/src/pipeline/detect/index.ts';
import type { Row } from './results.ts';

interface Alarm {
  readonly at: number;
  readonly surprise: number;
  readonly features: Features;
  readonly real: boolean;
}
const threshold = defaultThreshold;
const surpriseAt = threshold / (1 - threshold);

/**
 * The alarms of one labelled series, by the time since it began, so that the series lie side by side: each is the begin of
 * the anomalous state, real when a label is near.
 */
function alarmsOf(path: string): Alarm[] {
  const lines = gunzipSync(readFileSync(path)).toString('utf8').trim().split('\n').slice(1);
  const rows = lines.map((line) => line.split(','));
  const detection = createDetection({ thresholds: { default: threshold } });
  detection.add(0, { metricType: 'kpi', direction: 'both', key: path, targetKey: path });
  const batch = {
    rows: Uint32Array.of(0),
    values: new Float64Array(1),
    masked: new Uint8Array(1),
    timestamp: 0,
    count: 1,
  };
  const alarms: Alarm[] = [];
  let before = false;
  rows.forEach(([time, value], i) => {
    batch.timestamp = Number(time);
    batch.values[0] = Number(value);
    detection.observe(batch);
    const anomalous = detection.stateOf(0) === 'anomalous';
    if (anomalous && !before) {
      const score = detection.scores[0] ?? 0;
      const real = rows.slice(Math.max(0, i - 7), i + 3).some((row) => row[2] === '1');
      alarms.push({
        at: batch.timestamp,
        surprise: score / (1 - score),
        features: detection.explain(0).features,
        real,
      });
    }
    before = anomalous;
  });
  const start = Number(rows[0]?.[0]);
  return alarms.map((alarm) => ({ ...alarm, at: alarm.at - start }));
}

/** What stands of the alarms after the first `labels` were judged by `say`. */
function after(
  alarms: readonly Alarm[],
  labels: number,
  say: (alarm: Alarm) => boolean,
): readonly [false_: number, real: number] {
  const forest = new FeedbackForest(1);
  for (const alarm of alarms.slice(0, labels)) forest.learn(alarm.features, say(alarm));
  const standing = alarms
    .slice(labels)
    .filter(
      ({ surprise, features }) => forest.corrected(Math.max(surprise, surpriseAt), features) >= 0.999 * surpriseAt,
    );
  return [standing.filter((one) => !one.real).length, standing.filter((one) => one.real).length];
}

const percent = (now: number, then: number): string => `${Math.round((100 * (now - then)) / Math.max(1, then))} %`;

export function feedback(data: string): readonly Row[] {
  const folder = join(data, 'kpi');
  if (!existsSync(folder)) return [{ labels: '', verdicts: 'skipped: kpi absent' }];
  const alarms = readdirSync(folder)
    .filter((name) => name.endsWith('.csv.gz'))
    .flatMap((name) => alarmsOf(join(folder, name)))
    .sort((a, b) => a.at - b.at);
  const random = randomOf(3);
  const kinds = [
    ['true', (alarm: Alarm) => alarm.real],
    ['random', () => random() < 0.5],
  ] as const;
  return [30, 100, 300].flatMap((labels) =>
    kinds.map(([verdicts, say]) => {
      const [plainFalse, plainReal] = countOf(alarms.slice(labels));
      const [leftFalse, leftReal] = after(alarms, labels, say);
      return {
        ...{ labels, verdicts, 'false alarms before': plainFalse, 'false alarms after': leftFalse },
        ...{ change: percent(leftFalse, plainFalse), 'real alarms': percent(leftReal, plainReal) },
      };
    }),
  );
}

const countOf = (alarms: readonly Alarm[]): readonly [number, number] => [
  alarms.filter((one) => !one.real).length,
  alarms.filter((one) => one.real).length,
];
