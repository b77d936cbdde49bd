/** Per row: samples, mean, mean deviation, sum up, sum down, samples since the last change. */
const stride = 6;
const SEEN = 0;
const MEAN = 1;
const SPREAD = 2;
const UP = 3;
const DOWN = 4;
const SINCE = 5;

export const changePointParameters = {
  rate: 0.01,
  /** Half the shift that is looked for, and the sum that proves it, both in standard deviations. */
  slack: 0.75,
  limit: 12,
  warm: 30,
  /** One sample counts for at most this much: a spike is no change of level. */
  cap: 3,
};

/**
 * Two-sided CUSUM (Page 1954) over robustly standardised values: has the level changed for good? A single spike can not
 * reach the limit. After a change the row starts anew from the new level. 48 B per row, nothing allocated per sample.
 */
export class ChangePoint {
  #data = new Float64Array(0);

  grow(size: number): void {
    if (size * stride <= this.#data.length) return;
    const wider = new Float64Array(Math.max(size * stride, 2 * this.#data.length));
    wider.set(this.#data);
    this.#data = wider;
  }

  reset(row: number): void {
    this.#data.fill(0, row * stride, (row + 1) * stride);
  }

  /** Takes one value: 1 or -1 at the sample that proves a change upwards or downwards, else 0. */
  learn(row: number, value: number): -1 | 0 | 1 {
    const p = changePointParameters;
    const d = this.#data;
    const o = row * stride;
    if (!Number.isFinite(value)) return 0;
    const n = d[o + SEEN]!;
    d[o + SEEN] = n + 1;
    d[o + SINCE]! += 1;
    if (n === 0) {
      d[o + MEAN] = value;
      return 0;
    }
    const unit = 1.2533 * d[o + SPREAD]! + 0.005 * Math.abs(d[o + MEAN]!) + 1e-9;
    const far = value - d[o + MEAN]!;
    const z = Math.max(-p.cap, Math.min(p.cap, far / unit));
    const early = Math.max(p.rate, 1 / (n + 1));
    const learnt = n < p.warm ? far : z * unit;
    d[o + MEAN]! += early * learnt;
    d[o + SPREAD]! += early * (Math.abs(learnt) - d[o + SPREAD]!);
    if (n < p.warm) return 0;
    d[o + UP] = Math.max(0, d[o + UP]! + z - p.slack);
    d[o + DOWN] = Math.max(0, d[o + DOWN]! - z - p.slack);
    if (d[o + UP]! > p.limit) return this.#changed(o, value, 1);
    return d[o + DOWN]! > p.limit ? this.#changed(o, value, -1) : 0;
  }

  #changed(o: number, value: number, way: -1 | 1): -1 | 1 {
    const d = this.#data;
    d[o + MEAN] = value;
    d[o + UP] = 0;
    d[o + DOWN] = 0;
    d[o + SINCE] = 0;
    d[o + SEEN] = 5;
    return way;
  }

  /** Samples since the level last changed (or since the first). */
  since = (row: number): number => this.#data[row * stride + SINCE]!;
}
