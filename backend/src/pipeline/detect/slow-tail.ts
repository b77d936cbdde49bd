/**
 * The largest residuals of one view and sign since the series began, as a sorted list: what lies beyond the list is
 * extrapolated with an exponential. A tail is one cache line of the head that owns it: 64 bytes, seen as floats and as
 * bytes. The list is kept as logarithms, one byte each, in parts of a unit that follows the largest residual; between
 * two neighbouring codes lie 3 %, against the 16 % by which a mean of 40 excesses is off by chance.
 */
export const slowTail = {
  /** Length of the list. 40 beats 24 by four points of NAB's standard score, and 60 is no better. */
  size: 40,
  least: 8,
  share: 0.05,
  /** Added to the mean excess, in parts of the level and of the value's range, so that a quiet past does not alarm. */
  levelFloor: 0.03,
  rangeFloor: 0.005,
  /** What is stranger than this is learnt as if it had this surprise: an outage does not become normal. */
  cap: 5,
  /** Samples after which count and list are halved, so that a long life does not make it deaf. */
  halving: 20_000,
  /** Earlier episodes of this surprise, as large as this one within `alike`, each make it less of a surprise. */
  familiarFrom: 3,
  alike: 0.9,
  familiarity: 0.8,
  peaks: 6,
  /** Quiet samples that end an episode. */
  pause: 20,
};

/** The array of a head, seen as floats and as bytes. */
export interface Cells {
  readonly floats: Float32Array;
  readonly bytes: Uint8Array;
  /** One number: the residual at hand. As an argument it would be boxed. */
  readonly residual: Float64Array;
}

/** Floats of a tail. */
export const slowTailStride = 16;
const UNIT = 0;
/** Smallest and mean excess of the part of the list that was used last: kept until the list changes. */
export const LEVEL = 1;
export const EXCESS = 2;
/** Bytes of a tail. */
export const USED = 12;
export const PEAK = 13;
const IDLE = 14;
const PEAKS_SEEN = 15;
const PEAKS = 16;
const LIST = 24;
const LAST = LIST + slowTail.size - 1;

const perCode = Math.log(1.03);
/** Values of the codes in parts of the unit; what is too small for code 1 is 0. */
const parts = Float64Array.from({ length: 256 }, (_, code) => (code === 0 ? 0 : Math.exp((code - 255) * perCode)));

/** How many of a list that has seen `n` samples tell where the tail begins. */
export const usedOf = (n: number): number =>
  Math.min(slowTail.size, Math.max(slowTail.least, Math.floor(slowTail.share * n)));

/** Peaks are not capped: their codes reach as far above the unit as below, in steps twice as wide. */
const perPeakCode = 2 * perCode;
const peakParts = Float64Array.from({ length: 256 }, (_, code) => Math.exp((code - 128) * perPeakCode));

/** Is this residual larger than the last of a full list? */
export const beatsLast = ({ floats, bytes, residual }: Cells, t: number): boolean =>
  residual[0]! > floats[t + UNIT]! * parts[bytes[4 * t + LAST]!]!;

export function refresh(cells: Cells, t: number, used: number): void {
  const { floats, bytes } = cells;
  const list = 4 * t + LIST;
  let sum = 0;
  for (let i = 0; i < used; i += 1) sum += parts[bytes[list + i]!]!;
  const unit = floats[t + UNIT]!;
  const level = parts[bytes[list + used - 1]!]!;
  bytes[4 * t + USED] = used;
  floats[t + LEVEL] = unit * level;
  floats[t + EXCESS] = unit * (sum / used - level);
}

/** By how much the residual at hand is less of a surprise for what has happened before. */
export function familiarity({ floats, bytes, residual }: Cells, t: number): number {
  let alike = 0;
  const unit = floats[t + UNIT]!;
  const known = Math.min(slowTail.peaks, bytes[4 * t + PEAKS_SEEN]!);
  for (let i = 0; i < known; i += 1)
    if (unit * peakParts[bytes[4 * t + PEAKS + i]!]! >= slowTail.alike * residual[0]!) alike += 1;
  return 1 + slowTail.familiarity * alike;
}

/** The residual at hand is of an episode: notes its peak. */
export function learnPeak({ floats, bytes, residual }: Cells, t: number): void {
  const code = Math.round(128 + Math.log(residual[0]! / floats[t + UNIT]!) / perPeakCode);
  bytes[4 * t + PEAK] = Math.max(bytes[4 * t + PEAK]!, Math.min(255, code), 1);
  bytes[4 * t + IDLE] = 0;
}

/** A quiet sample: enough of them end the episode. */
export function learnQuiet({ bytes }: Cells, t: number): void {
  const b = 4 * t;
  if (bytes[b + PEAK] === 0 || (bytes[b + IDLE]! += 1) <= slowTail.pause) return;
  const seen = bytes[b + PEAKS_SEEN]!;
  bytes[b + PEAKS + (seen % slowTail.peaks)] = bytes[b + PEAK]!;
  bytes[b + PEAKS_SEEN] = seen + 1 < 12 * slowTail.peaks ? seen + 1 : slowTail.peaks;
  bytes[b + PEAK] = 0;
}

/** Learns the residual at hand; `count` of the list are taken. */
export function learnResidual(cells: Cells, t: number, count: number): void {
  const { floats, bytes } = cells;
  const code = codeOf(cells, t);
  const list = 4 * t + LIST;
  let i = Math.min(count, slowTail.size - 1);
  for (; i > 0 && bytes[list + i - 1]! < code; i -= 1) bytes[list + i] = bytes[list + i - 1]!;
  bytes[list + i] = code;
  const used = bytes[4 * t + USED]!;
  if (i >= used) return;
  // one comes in, one goes out: the mean excess follows without a walk over the list
  const unit = floats[t + UNIT]!;
  const before = floats[t + LEVEL]!;
  const level = unit * parts[bytes[list + used - 1]!]!;
  floats[t + EXCESS] = floats[t + EXCESS]! + before - level + (unit * parts[code]! - before) / used;
  floats[t + LEVEL] = level;
}

/** Half the samples have half the list: every second entry. */
export function halve({ bytes }: Cells, t: number): void {
  const list = 4 * t + LIST;
  for (let i = 0; i < slowTail.size; i += 1) bytes[list + i] = 2 * i < slowTail.size ? bytes[list + 2 * i]! : 0;
  bytes[4 * t + USED] = 0;
}

/** The code of the residual at hand; one that is larger than the unit moves the unit, and every code with it. */
function codeOf(cells: Cells, t: number): number {
  const { floats, residual } = cells;
  if (residual[0]! > floats[t + UNIT]!) raiseUnit(cells, t);
  return Math.max(0, Math.round(255 + Math.log(residual[0]! / floats[t + UNIT]!) / perCode));
}

function raiseUnit({ floats, bytes, residual }: Cells, t: number): void {
  const unit = floats[t + UNIT]!;
  const a = residual[0]!;
  // an even number of steps is a whole number of the peaks' steps
  const up = unit > 0 ? 2 * Math.ceil(Math.log(a / unit) / perPeakCode) : 256;
  floats[t + UNIT] = up < 256 ? unit * Math.exp(up * perCode) : a;
  const list = 4 * t + LIST;
  for (let i = 0; i < slowTail.size; i += 1) bytes[list + i] = Math.max(0, bytes[list + i]! - up);
  for (let i = 0; i < slowTail.peaks; i += 1) lowerPeak(bytes, 4 * t + PEAKS + i, up / 2);
  if (bytes[4 * t + PEAK]! > 0) lowerPeak(bytes, 4 * t + PEAK, up / 2);
}

function lowerPeak(bytes: Uint8Array, at: number, down: number): void {
  bytes[at] = Math.max(1, bytes[at]! - down);
}
