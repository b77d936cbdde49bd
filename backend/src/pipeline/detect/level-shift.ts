/**
 * A level that moved by less than the noise of one sample, told within a few samples. The residuals of a short mean, in
 * parts of their usual size and clipped, so that a spike says little, are summed by an exponentially weighted mean (EWMA
 * chart: Roberts, Technometrics 1959); its tail, one per sign, is learnt as those of the fast head are. Once over the
 * limit it speaks, is confirmed or not by the next sample, and then is silent, as a chart that is reset after its alarm
 * (Page, Biometrika 1954): the residuals of one shift stay large until the mean has followed. A level that comes back to
 * where it was for long, give or take the noise, is no news.
 */
export const shiftParameters = {
  short: 0.05,
  /** Weight of a sample in the run. */
  run: 0.3,
  /** Residuals count up to so many times the usual one. */
  clip: 4,
  /** The usual size of residuals follows up to so many times itself. */
  errorCap: 6,
  /** Rate of sizes, tails and of the level that shifts come back to, unless fewer samples than its inverse were seen. */
  rate: 0.002,
  quantile: 0.95,
  /** Mean absolute run of one sign when nothing happens, in parts of the usual residual: the step of the tail's level. */
  usualRun: 0.2,
  cap: 8,
  floor: 0.005,
  /** Surprise from which a shift is told; below it says nothing, so as not to raise what the others say. */
  from: 3,
  /** Samples of a shift that speak, and samples without another one. */
  speaks: 2,
  quiet: 30,
  /** Samples before the first. */
  grace: 60,
  most: 8,
};
const p = shiftParameters;

const perExcess = 0.4342945;
const body = -Math.log10(1 - p.quantile);
/** Mean excesses over the tail's level at which a shift is told. */
const beyond = (p.from - body) / perExcess;
/** Silence from which on the last shift still speaks. */
const confirmed = p.quiet - p.speaks + 2;

/** Floats of a row. */
export const shiftFloats = 10;
const SHORT = 0;
const ERROR = 1;
const RUN = 2;
const SILENCE = 3;
const REFERENCE = 4;
/** Level and mean excess, of negative and of positive runs. */
const TAILS = 5;
const tailSize = 2;
/** Signed surprise of the last sample. */
export const SHIFT_SAID = 9;

/** A sample for `observeShift`, as numbers that are not integers are boxed as arguments: its value, */
export const SHIFT_VALUE = 0;
/** the part of the range that residuals are at least measured by, and 1 / (samples so far). */
export const SHIFT_FLOOR = 1;
export const SHIFT_EARLY = 2;

/** Says how surprising the level is now and, if it `learns`, learns the sample. */
export function observeShift(d: Float32Array, o: number, sample: Float64Array, learns: boolean): void {
  const x = sample[SHIFT_VALUE]!;
  const level = d[o + SHORT]!;
  const error = d[o + ERROR]!;
  const size = error + sample[SHIFT_FLOOR]!;
  const residual = x - level;
  const before = d[o + RUN]!;
  const run = before + p.run * (Math.max(-p.clip, Math.min(p.clip, residual / size)) - before);
  const up = run >= 0;
  const a = Math.abs(run);
  const t = o + TAILS + (up ? tailSize : 0);
  const u = d[t]!;
  const m = d[t + 1]! + p.floor;
  const reference = d[o + REFERENCE]!;
  const early = sample[SHIFT_EARLY]!;
  const silence = d[o + SILENCE]!;
  let said = 0;
  if (a >= u + beyond * m && (silence === 0 || silence >= confirmed) && early <= 1 / p.grace) {
    const away = level - reference;
    const returns = run * away < 0 && Math.abs(away + run * size) < Math.abs(away) + size;
    if (!returns) said = Math.min(p.most, body + (perExcess * (a - u)) / m);
  }
  d[o + SHIFT_SAID] = up ? said : -said;
  if (!learns) return;
  const rate = Math.max(p.rate, early);
  d[o + RUN] = run;
  d[o + SHORT] = level + Math.max(p.short, early) * residual;
  d[o + ERROR] = error + rate * (Math.min(Math.abs(residual), p.errorCap * size) - error);
  d[o + REFERENCE] = reference + rate * (x - reference);
  if (silence > 0) d[o + SILENCE] = silence - 1;
  else if (said > 0) d[o + SILENCE] = p.quiet;
  const step = p.usualRun * rate;
  const other = o + TAILS + (up ? 0 : tailSize);
  d[other] = Math.max(0, d[other]! - step * (1 - p.quantile));
  if (a <= u) {
    d[t] = Math.max(0, u - step * (1 - p.quantile));
    return;
  }
  d[t] = u + step * p.quantile;
  // of the samples so far, only the share beyond the quantile has said something about excesses
  const excessRate = Math.max(p.rate, early / (early + 1 - p.quantile));
  d[t + 1] = d[t + 1]! + excessRate * (Math.min(a - u, p.cap * m) - d[t + 1]!);
}

/** The first value of a row; what else lies there is 0. */
export function startShift(d: Float32Array, o: number, value: number): void {
  d[o + SHORT] = value;
  d[o + REFERENCE] = value;
}

/** A change was accepted: the level is `value` from here on. */
export function acceptShift(d: Float32Array, o: number, value: number): void {
  startShift(d, o, value);
  d[o + RUN] = 0;
}
