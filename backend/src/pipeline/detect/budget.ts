import { raisedBy } from './damping.ts';

/** Histogram bins of surprise up to 40: fine, because two signals of two samples each are 2.5 times rarer a tenth further. */
const bins = 1600;
const perUnit = 40;
/** What is kept of a budget: weeks, seconds, episodes by bin. */
export const budgetFloats = 2 + bins;
const week = 604_800;

export const budgetParameters = {
  /** Notified incidents per cluster and week that healthy noise may cause. */
  perWeek: 3,
  /** Two signals of one target within this are one incident; blocks of this length tell incidents apart (s). */
  together: 600,
  apart: 1800,
  /** Counts halve in this time (s): the budget follows the cluster. */
  halfLife: 2 * week,
  /** Thresholds never leave these surprises: below, everything is news; above, an outage is missed (score 0.67 and 0.9). */
  lowest: 2,
  highest: 9,
  /** Seconds that one round stands for: history is replayed in coarser steps, and noise comes per round. */
  round: 60,
  /** History needed before the budget speaks (s). */
  warm: 2 * 86_400,
  /** Incidents that say nothing yet: the first one after a start is no rate. */
  grace: 1,
  /** One target may spend at most this share of the budget in the count: an outage is not noise. */
  perTarget: 0.5,
};
export type BudgetOptions = Partial<typeof budgetParameters>;

const binOf = (surprise: number): number => Math.max(0, Math.min(bins - 1, Math.floor(surprise * perUnit + 1e-9)));

interface Candidate {
  /** Highest raised surprise of each metric type within the last `together` seconds, and when. */
  readonly surprises: Map<number, { surprise: number; at: number }>;
  /** The highest second signal of the running block of time, and of the block before it. */
  peak: number;
  before: number;
  block: number;
  /** Episodes of this target over the threshold of their time, as decayed count. */
  spent: number;
}

/**
 * Keeps the false-alarm budget: learns at which threshold healthy noise would open `perWeek` incidents in the whole
 * cluster, and answers that threshold. An incident needs a second signal, so what is counted is the second highest
 * raised surprise among the metric types of one target: if that is above a threshold, both are.
 *
 * Call `note` for every judged value in the direction that is bad news, with the surprise as damping would raise it
 * (`raised`), then `settle` once per round; read `threshold` (as surprise S) when setting thresholds. Series that are
 * still learning must not be noted; nor values that do not matter. Replayed history counts like live rounds.
 */
export class Budget {
  readonly #p: typeof budgetParameters;
  /** Incidents by the bin of their peak, less those of the bin that they started from: sums from a bin up count incidents. */
  readonly #episodes = new Float64Array(bins);
  readonly #candidates = new Map<number, Candidate>();
  #previous = new Float32Array(0);
  #now = NaN;
  /** Time that was looked at (s). */
  #heard = 0;
  /** Weeks of history behind the counts, decayed like them. */
  #weeks = 0;

  constructor(options: BudgetOptions = {}) {
    this.#p = { ...budgetParameters, ...options };
  }

  /**
   * The threshold at which this sample raises the row's state, as damping would (`atOnce`: of a fact). Remembers the
   * sample.
   */
  raised(row: number, surprise: number, atOnce = false): number {
    if (row >= this.#previous.length) {
      const wider = new Float32Array(Math.max(row + 1, 2 * this.#previous.length, 64));
      wider.set(this.#previous);
      this.#previous = wider;
    }
    const before = this.#previous[row]!;
    this.#previous[row] = surprise;
    return raisedBy(before, surprise, atOnce);
  }

  note(target: number, type: number, surprise: number, timestamp: number): void {
    if (surprise < 1) return;
    const candidate = this.#candidates.get(target) ?? {
      ...{ surprises: new Map(), peak: 0, before: 0, block: Math.floor(timestamp / this.#p.apart), spent: 0 },
    };
    this.#candidates.set(target, candidate);
    const known = candidate.surprises.get(type);
    if (!known || known.surprise <= surprise || timestamp - known.at > this.#p.together)
      candidate.surprises.set(type, { surprise, at: timestamp });
  }

  /** Ends a round: takes the second signals into account, closes what is over. */
  settle(timestamp: number): void {
    const since = Number.isNaN(this.#now) ? 0 : Math.max(0, timestamp - this.#now);
    const passed = Math.min(this.#p.round, since);
    this.#heard += since;
    this.#now = timestamp;
    this.#decay(0.5 ** (passed / this.#p.halfLife));
    this.#weeks += passed / week;
    for (const candidate of this.#candidates.values()) this.#look(candidate, timestamp);
  }

  #decay(by: number): void {
    this.#weeks *= by;
    for (let bin = 0; bin < bins; bin += 1) this.#episodes[bin]! *= by;
    for (const candidate of this.#candidates.values()) candidate.spent *= by;
  }

  #look(candidate: Candidate, now: number): void {
    let first = 0;
    let second = 0;
    for (const [type, { surprise, at }] of candidate.surprises) {
      if (now - at > this.#p.together) {
        candidate.surprises.delete(type);
        continue;
      }
      if (surprise > first) [first, second] = [surprise, first];
      else if (surprise > second) second = surprise;
    }
    const block = Math.floor(now / this.#p.apart);
    if (block !== candidate.block) this.#close(candidate, block);
    candidate.peak = Math.max(candidate.peak, second);
  }

  /** An incident begins at every threshold that this block reaches and the one before did not. */
  #close(candidate: Candidate, block: number): void {
    const { peak } = candidate;
    const before = block === candidate.block + 1 ? candidate.before : 0;
    const share = Math.max(1, this.#p.perTarget * this.#p.perWeek * Math.max(1, this.#weeks));
    if (peak > before && candidate.spent < share) {
      this.#episodes[binOf(peak)]! += 1;
      this.#episodes[binOf(before)]! -= before > 0 ? 1 : 0;
      candidate.spent += peak >= this.#affordable() ? 1 : 0;
    }
    candidate.before = peak;
    candidate.peak = 0;
    candidate.block = block;
  }

  /** Incidents per week that a threshold (as surprise) would have opened in the counted past; 0 before there is one. */
  rate(surprise: number): number {
    let sum = 0;
    for (let bin = binOf(surprise); bin < bins; bin += 1) sum += this.#episodes[bin]!;
    return this.#weeks > 0 ? sum / this.#weeks : 0;
  }

  /**
   * undefined until there is enough history: thresholds then stay as they were set. What no permitted threshold avoids
   * says nothing about where the threshold should be: outages reach further than that.
   */
  get threshold(): number | undefined {
    return this.#heard >= this.#p.warm ? this.#affordable() : undefined;
  }

  /** What was counted, as `budgetFloats` numbers. */
  get counts(): Float32Array {
    return Float32Array.of(this.#weeks, this.#heard, ...this.#episodes);
  }

  /** Goes on from what was counted before, unless replayed history has already said more. */
  restore(counts: Float32Array): void {
    const [weeks = 0, heard = 0] = counts;
    if (weeks <= this.#weeks) return;
    this.#weeks = weeks;
    this.#heard = Math.max(this.#heard, heard);
    this.#episodes.set(counts.subarray(2, budgetFloats));
  }

  /** From the strictest threshold downwards for as long as the budget holds. */
  #affordable(): number {
    const { perWeek, lowest, highest, grace } = this.#p;
    const most = grace + perWeek * this.#weeks;
    let bin = binOf(highest);
    for (let sum = 0; bin > binOf(lowest); bin -= 1) {
      sum += this.#episodes[bin - 1]!;
      if (sum > most) break;
    }
    return bin / perUnit;
  }
}
