/**
 * The largest residuals of one view and sign since the series began, as a sorted list: what lies beyond the list is
 * extrapolated with an exponential. Lives in the floats of the head that owns it; every function takes the offset.
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

const N = 0;
const COUNT = 1;
/** How many of the list were used last, their smallest value and their mean excess: kept until the list changes. */
const USED = 2;
const LEVEL = 3;
const EXCESS = 4;
const PEAK = 5;
const IDLE = 6;
const PEAKS_SEEN = 7;
const PEAKS = 8;
const LIST = PEAKS + slowTail.peaks;
export const slowTailStride = LIST + slowTail.size;

const perExcess = 0.4342945;

function usedOf(n: number): number {
  return Math.min(slowTail.size, Math.max(slowTail.least, Math.floor(slowTail.share * n)));
}

function refresh(d: Float32Array, o: number, used: number): void {
  let sum = 0;
  const level = d[o + LIST + used - 1]!;
  for (let i = 0; i < used; i += 1) sum += d[o + LIST + i]! - level;
  d[o + USED] = used;
  d[o + LEVEL] = level;
  d[o + EXCESS] = sum / used;
}

/** Surprise of a residual of size `a`; `floor` is the smallest excess that counts, in the residual's unit. */
export function tailSurprise(d: Float32Array, o: number, a: number, floor: number): number {
  const n = d[o + N]!;
  const used = usedOf(n);
  if (d[o + COUNT]! < used || n < used + 2) return 0;
  if (d[o + USED] !== used) refresh(d, o, used);
  const level = d[o + LEVEL]!;
  const base = Math.log10(n / used);
  if (a <= level) return level > 0 ? (0.999 * base * a) / level : 0;
  return base + (perExcess * (a - level)) / (d[o + EXCESS]! + slowTail.levelFloor * level + floor);
}

/** Less surprise for what has happened before. */
export function withFamiliarity(d: Float32Array, o: number, a: number, surprise: number): number {
  if (surprise < slowTail.familiarFrom) return surprise;
  let alike = 0;
  const known = Math.min(slowTail.peaks, d[o + PEAKS_SEEN]!);
  for (let i = 0; i < known; i += 1) if (d[o + PEAKS + i]! >= slowTail.alike * a) alike += 1;
  return surprise / (1 + slowTail.familiarity * alike);
}

/** Notes the peak of each episode, and its end. */
export function learnEpisode(d: Float32Array, o: number, a: number, surprise: number): void {
  if (surprise >= slowTail.familiarFrom) {
    d[o + PEAK] = Math.max(d[o + PEAK]!, a);
    d[o + IDLE] = 0;
  } else if (d[o + PEAK]! > 0 && (d[o + IDLE]! += 1) > slowTail.pause) {
    const seen = d[o + PEAKS_SEEN]!;
    d[o + PEAKS + (seen % slowTail.peaks)] = d[o + PEAK]!;
    d[o + PEAKS_SEEN] = seen + 1 < 12 * slowTail.peaks ? seen + 1 : slowTail.peaks;
    d[o + PEAK] = 0;
  }
}

export function learnTail(d: Float32Array, o: number, a: number, floor: number): void {
  const n = d[o + N]! + 1;
  d[o + N] = n;
  insert(d, o, a === 0 ? 0 : Math.min(a, capOf(d, o, floor)));
  if (n >= slowTail.halving) halve(d, o);
}

/** The residual with surprise `cap`. */
function capOf(d: Float32Array, o: number, floor: number): number {
  const used = d[o + USED]!;
  if (used === 0) return Infinity;
  const level = d[o + LEVEL]!;
  const base = Math.log10(d[o + N]! / used);
  return level + ((slowTail.cap - base) * (d[o + EXCESS]! + slowTail.levelFloor * level + floor)) / perExcess;
}

function insert(d: Float32Array, o: number, a: number): void {
  const list = o + LIST;
  let count = d[o + COUNT]!;
  if (count === slowTail.size && a <= d[list + count - 1]!) return;
  if (count < slowTail.size) count = d[o + COUNT] = count + 1;
  let i = count - 1;
  while (i > 0 && d[list + i - 1]! < a) {
    d[list + i] = d[list + i - 1]!;
    i -= 1;
  }
  d[list + i] = a;
  if (d[o + USED]! > 0 && i < d[o + USED]!) refresh(d, o, d[o + USED]!);
}

/** Half the samples have half the list: every second entry. */
function halve(d: Float32Array, o: number): void {
  const list = o + LIST;
  const count = Math.ceil(d[o + COUNT]! / 2);
  for (let i = 0; i < count; i += 1) d[list + i] = d[list + 2 * i]!;
  d[o + COUNT] = count;
  d[o + N] = Math.floor(d[o + N]! / 2);
  d[o + USED] = 0;
}
