import { clamped, grownDoubles } from './columns.ts';

/** Per row: the level at each hour of the day, and what follows. */
const hours = 24;
const FIRST = 24;
const AT = 25;
/** What the level is above the hour's, mean distance from both, mean distance over the last minutes, the furthest of those. */
const OFFSET = 26;
const SPREAD = 27;
const RECENT = 28;
const REACH = 29;
/** Sums upwards and downwards; since when the larger one has been above 0, with the level before and how far it went since. */
const UP = 30;
const DOWN = 31;
const SINCE = 32;
const BEFORE = 33;
const SHIFTED = 34;
const WEIGHT = 35;
/** The last proven change. */
const CHANGED = 36;
const FROM = 37;
const TO = 38;
/** Furthest in the present excursion. */
const FURTHEST = 39;
/** The last changes, said or not: when each began, and its size. */
const PAST = 40;
const pastKept = 4;
const stride = PAST + 2 * pastKept;

export const changePointParameters = {
  /** Memories (s): of each hour of the day, of the level and its spread, of the last minutes, of how far it ever went. */
  hour: 3 * 3600,
  level: 86_400,
  recent: 600,
  reach: 10 * 86_400,
  /** Nothing is said before the rhythm of the day was seen twice: once for its level, once for how far it strays (s). */
  known: 86_400,
  warm: 2 * 86_400,
  /** One sample counts for at most so many units, and for at most so many seconds: neither a spike nor a gap is a new level. */
  cap: 3,
  longest: 120,
  /** In units: half the shift that is looked for; in units × minutes: the sum that proves it, and the one that lets suspect it. */
  slack: 1.25,
  proof: 30,
  suspicion: 2,
  /** A change that came a week ago within so many seconds, at least so large a share of this one, is the week's rhythm. */
  sameTime: 4 * 3600,
  sameSize: 0.6,
};
const week = 7 * 86_400;

/** A level that moved: when it began to, and from where to where. Unix seconds, and the unit of the series. */
export interface Shift {
  readonly at: number;
  readonly from: number;
  readonly to: number;
}

/**
 * Has the level changed for good, and since when? Two-sided CUSUM (Page 1954) of the residual after the hour of the day, in
 * units of its spread plus the furthest that it has gone and come back from: the rhythm of the day is no change, that of the
 * week none once it was seen, a spike or a job is none, and a step is one once. Memories are in seconds, so that the
 * interval does not matter. 384 B per row; nothing is allocated by `learn`.
 */
export class ChangePoint {
  #data = new Float64Array(0);
  /** What the memories forget in the time that passed last: the same for whole rounds. */
  #passed = 0;
  #forgetRecent = 0;
  #forgetLevel = 0;
  #forgetHour = 0;
  #keepReach = 1;

  grow(size: number): void {
    this.#data = grownDoubles(this.#data, size * stride);
  }

  reset(row: number): void {
    this.#data.fill(0, row * stride, (row + 1) * stride);
  }

  /** Takes one value: 1 or -1 at the sample that proves a change upwards or downwards, else 0. */
  learn(row: number, value: number, timestamp: number): -1 | 0 | 1 {
    const d = this.#data;
    const o = row * stride;
    if (!Number.isFinite(value)) return 0;
    const x = clamped(value);
    if (d[o + FIRST] === 0) {
      this.#start(o, x, timestamp);
      return 0;
    }
    const passed = timestamp - d[o + AT]!;
    if (passed <= 0) return 0;
    d[o + AT] = timestamp;
    if (passed !== this.#passed) this.#pass(passed);
    const expected = this.#expected(o, timestamp);
    const off = x - expected;
    const unit = 1.25 * d[o + SPREAD]! + d[o + REACH]! + 1e-3 * Math.abs(expected) + 1e-30;
    const warm = timestamp - d[o + FIRST]! > changePointParameters.warm;
    const proven = warm ? this.#sum(o, off, off / unit, expected, timestamp, passed) : 0;
    if (proven === 0) this.#absorb(o, x, off, timestamp, passed, warm);
    return proven;
  }

  #pass(passed: number): void {
    const p = changePointParameters;
    this.#passed = passed;
    this.#forgetRecent = forgotten(passed, p.recent);
    this.#forgetLevel = forgotten(passed, p.level);
    this.#forgetHour = forgotten(passed, p.hour);
    this.#keepReach = 1 - forgotten(passed, p.reach);
  }

  #start(o: number, value: number, timestamp: number): void {
    const d = this.#data;
    d.fill(NaN, o, o + hours);
    d[o + hourOf(timestamp)] = value;
    d[o + FIRST] = timestamp;
    d[o + AT] = timestamp;
  }

  /** The hour's level, between the middles of two hours; what is not known yet is the nearest that is. */
  #expected(o: number, timestamp: number): number {
    const d = this.#data;
    const position = timestamp / 3600 - 0.5;
    const share = position - Math.floor(position);
    const here = d[o + hourOf(timestamp)]!;
    const one = d[o + hourOf(timestamp - 1800)]!;
    const other = d[o + hourOf(timestamp + 1800)]!;
    const known = here === here ? here : one === one ? one : d[o + hourOf(d[o + FIRST]!)]!;
    const [a, b] = [one === one ? one : known, other === other ? other : known];
    return d[o + OFFSET]! + a + share * (b - a);
  }

  #sum(o: number, off: number, units: number, expected: number, timestamp: number, passed: number): -1 | 0 | 1 {
    const p = changePointParameters;
    const d = this.#data;
    const z = units > p.cap ? p.cap : units < -p.cap ? -p.cap : units;
    const weight = Math.min(passed, p.longest) / 60;
    const quiet = d[o + UP] === 0 && d[o + DOWN] === 0;
    d[o + UP] = Math.max(0, d[o + UP]! + (z - p.slack) * weight);
    d[o + DOWN] = Math.max(0, d[o + DOWN]! - (z + p.slack) * weight);
    if (d[o + UP] === 0 && d[o + DOWN] === 0) {
      this.#calm(o);
      return 0;
    }
    if (quiet) {
      d[o + SINCE] = timestamp;
      d[o + BEFORE] = expected;
    }
    d[o + SHIFTED] = d[o + SHIFTED]! + off * weight;
    d[o + WEIGHT] = d[o + WEIGHT]! + weight;
    return d[o + UP]! > p.proof || d[o + DOWN]! > p.proof ? this.#changed(o) : 0;
  }

  /** It went somewhere and came back: that far it may go. */
  #calm(o: number): void {
    const d = this.#data;
    d[o + REACH] = Math.max(d[o + REACH]!, d[o + FURTHEST]!);
    d[o + FURTHEST] = 0;
    d[o + SHIFTED] = 0;
    d[o + WEIGHT] = 0;
  }

  /** The level is another one from here on; nothing is said when the week before knew it. */
  #changed(o: number): -1 | 0 | 1 {
    const d = this.#data;
    const shift = d[o + SHIFTED]! / d[o + WEIGHT]!;
    const usual = this.#isOfTheWeek(o, d[o + SINCE]!, shift);
    this.#remember(o, d[o + SINCE]!, shift);
    if (!usual) {
      d[o + CHANGED] = d[o + SINCE]!;
      d[o + FROM] = d[o + BEFORE]!;
      d[o + TO] = d[o + BEFORE]! + shift;
    }
    d[o + OFFSET] = d[o + OFFSET]! + shift;
    d[o + RECENT] = 0;
    d[o + UP] = 0;
    d[o + DOWN] = 0;
    d[o + FURTHEST] = 0;
    d[o + SHIFTED] = 0;
    d[o + WEIGHT] = 0;
    if (usual) return 0;
    return shift > 0 ? 1 : -1;
  }

  #isOfTheWeek(o: number, since: number, shift: number): boolean {
    const { sameTime, sameSize } = changePointParameters;
    const d = this.#data;
    for (let i = 0; i < pastKept; i += 1) {
      const [at, size] = [d[o + PAST + 2 * i]!, d[o + PAST + 2 * i + 1]!];
      const isThen = Math.abs(since - at - week) <= sameTime;
      if (isThen && size * shift > 0 && Math.abs(size) >= sameSize * Math.abs(shift)) return true;
    }
    return false;
  }

  /** In the place of the oldest. */
  #remember(o: number, since: number, shift: number): void {
    const d = this.#data;
    let oldest = o + PAST;
    for (let i = 1; i < pastKept; i += 1) if (d[o + PAST + 2 * i]! < d[oldest]!) oldest = o + PAST + 2 * i;
    d[oldest] = since;
    d[oldest + 1] = shift;
  }

  /** What is suspected of being a new level does not move the old one. */
  #absorb(o: number, value: number, off: number, timestamp: number, passed: number, warm: boolean): void {
    const p = changePointParameters;
    const d = this.#data;
    const recent = d[o + RECENT]! + this.#forgetRecent * (off - d[o + RECENT]!);
    d[o + RECENT] = recent;
    const calm = d[o + UP] === 0 && d[o + DOWN] === 0;
    const far = Math.abs(recent);
    if (timestamp - d[o + FIRST]! > p.known) {
      d[o + REACH] = d[o + REACH]! * this.#keepReach;
      if (calm) d[o + REACH] = Math.max(d[o + REACH]!, far);
      else d[o + FURTHEST] = Math.max(d[o + FURTHEST]!, far);
    }
    if (Math.max(d[o + UP]!, d[o + DOWN]!) > p.suspicion) return;
    const age = timestamp - d[o + FIRST]!;
    const slow = age < p.level ? forgotten(passed, Math.max(age, passed)) : this.#forgetLevel;
    const limit = warm ? p.cap * (1.25 * d[o + SPREAD]! + d[o + REACH]!) : Infinity;
    d[o + SPREAD] = d[o + SPREAD]! + slow * (Math.min(Math.abs(off), limit) - d[o + SPREAD]!);
    const capped = off > limit ? limit : off < -limit ? -limit : off;
    if (warm) d[o + OFFSET] = d[o + OFFSET]! + slow * capped;
    const bucket = o + hourOf(timestamp);
    const known = d[bucket]!;
    const ofHour = warm ? this.#forgetHour : forgotten(passed, Math.min(p.hour, 3600 * (1 + age / 86_400)));
    if (known === known) d[bucket] = known + ofHour * (warm ? capped : off);
    else d[bucket] = value - d[o + OFFSET]!;
  }

  /** The change of level that is under way, or the last one that was proven not longer than `age` seconds before `now`. */
  shift(row: number, now: number, age: number): Shift | undefined {
    const d = this.#data;
    const o = row * stride;
    if (Math.max(d[o + UP]!, d[o + DOWN]!) >= changePointParameters.suspicion)
      return { at: d[o + SINCE]!, from: d[o + BEFORE]!, to: d[o + BEFORE]! + d[o + SHIFTED]! / d[o + WEIGHT]! };
    const at = d[o + CHANGED]!;
    return at > 0 && now - at <= age ? { at, from: d[o + FROM]!, to: d[o + TO]! } : undefined;
  }
}

/** Share of what was known that is forgotten after `passed` of so many seconds of memory. */
const forgotten = (passed: number, memory: number): number => 1 - Math.exp(-passed / memory);

const hourOf = (timestamp: number): number => ((Math.floor(timestamp / 3600) % hours) + hours) % hours;
