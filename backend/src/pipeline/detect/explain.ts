import type { Expectation, Explanation, SeriesInfo, View } from './detector.ts';
import { fastViewNames, type FastHead } from './fast-head.ts';
import { slowViewNames, type SlowHead } from './slow-head.ts';

const percent = (share: number): string => `${Math.round(100 * share)} %`;
const short = (value: number): string => (Number.isFinite(value) ? Number(value.toPrecision(3)).toString() : 'unknown');

/** The slow head, and what of its surprise enters the fused one. */
export interface SlowPart {
  readonly head: SlowHead;
  readonly share: number;
}

/** Which views spoke, with what share of the fused surprise (p = 3 norm). */
function viewsOf(fast: FastHead, { head, share }: SlowPart, row: number): readonly View[] {
  const said = [
    ...fastViewNames.map((name, v) => ({ name: name, surprise: Math.abs(fast.said(row, v)) })),
    ...slowViewNames.map((name, v) => ({
      name: name === 'season' ? 'day' : name,
      surprise: share * Math.abs(head.said(row, v)),
    })),
  ];
  const total = said.reduce((sum, { surprise }) => sum + surprise ** 3, 0);
  return said
    .map(({ name, surprise }) => ({ name, surprise, share: total > 0 ? surprise ** 3 / total : 0 }))
    .filter(({ surprise }) => surprise > 0.5)
    .sort((a, b) => b.share - a.share);
}

const severityOf = (score: number, threshold: number): Explanation['severity'] =>
  score < threshold ? 'info' : score >= 0.9 ? 'critical' : 'warning';

/** `reach` = the fused surprise at which the threshold lies. */
export const expectationOf = (fast: FastHead, row: number, reach: number): Expectation => ({
  expected: fast.expected(row),
  band: fast.band(row, reach),
});

/** The last sample of a row; `reach` = the fused surprise at which its threshold lies. */
export interface Judged {
  readonly info: SeriesInfo | undefined;
  /** A number that stands for the series. */
  readonly series: number;
  readonly value: number;
  readonly score: number;
  readonly threshold: number;
  readonly reach: number;
}

export function explainRow(fast: FastHead, slow: SlowPart, row: number, judged: Judged): Explanation {
  const { info, series, value, score, threshold, reach } = judged;
  const views = viewsOf(fast, slow, row);
  const { expected, band } = expectationOf(fast, row, reach);
  const first = views[0];
  const sentence = `${info?.metricType ?? 'value'} ${short(value)}, expected ${short(expected)} (${short(band[0])} to ${short(band[1])})${
    first ? `; ${first.name} view ${percent(first.share)}` : ''
  }`;
  const confidence = Math.min(1, fast.seen(row) / 1000);
  const off = value - expected;
  const features = {
    ...Object.fromEntries(views.map((view) => [`S_${view.name}`, view.surprise])),
    series,
    S_fused: score < 1 ? score / (1 - score) : 0,
    ...(Number.isFinite(off) && { sign: Math.sign(off), residual: Math.abs(off) / (fast.width(row) + 1e-30) }),
  };
  return { expected, band, threshold, views, sentence, severity: severityOf(score, threshold), confidence, features };
}
