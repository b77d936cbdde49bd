import { AdaptiveRandomForest } from './adaptive-random-forest.ts';
import { EpisodeMemory } from './episode-memory.ts';
import { randomOf } from './random.ts';

export type Features = Readonly<Record<string, number>>;

/** How features enter the forest: those that detection names in `Explanation.features`, brought to the order of 1. */
const columns: readonly (readonly [name: string, scaled: (value: number) => number])[] = [
  ...['S_short', 'S_lag', 'S_season', 'S_day', 'S_long', 'S_std', 'S_mean96', 'S_context', 'S_fused'].map(
    (name) => [name, (value: number) => Math.log1p(Math.abs(value))] as const,
  ),
  ['sign', (value) => value],
  ['familiarity', (value) => Math.log1p(value)],
  ['residual', (value) => Math.log1p(10 * Math.abs(value))],
  ['hour_sin', (value) => value],
  ['hour_cos', (value) => value],
  ['episode', (value) => Math.log1p(value)],
  ['workload', (value) => Math.log1p(Math.abs(value))],
  ['kind', (value) => value],
];
/** Labels of one kind only speak of what lies this near to them. */
const reach = 0.6;
const remembered = 256;
const halfTrust = 20;
/** Labels before skill is measured. */
const warm = 8;
/** P(true) from which on an alarm is left as it is: losing a real one costs more than keeping a false one. */
const doubtful = 0.35;
/** What is left at least of a surprise. */
const leastLeft = 0.3;

/**
 * Operators' verdicts turned into fewer false alarms. For fusion: `S = forest.corrected(S, features)` on every surprise
 * that is about to be compared with a threshold; `forest.learn(features, truePositive)` per verdict, in the order in which
 * they came; features are what `explain` answered and the anomaly stored. With no or useless labels S comes back as it was.
 *
 * S' = S ((1 - trust) + trust min(1, 0.3 + 0.7 P(true) / 0.35)), trust = labels / (labels + 20) x skill. Skill is how much better
 * than always saying the commoner verdict the forest foretold the labels it got (before it learnt them): random labels
 * cannot be foretold, so they change nothing. Where all labels agree there is no skill to measure; they then count for
 * their near neighbours only, and only downwards. What a series' own judged alarms know as false is held back at once.
 */
export class FeedbackForest {
  readonly #forest: AdaptiveRandomForest;
  readonly #vector = new Float64Array(columns.length);
  readonly #memory = new Float64Array(remembered * columns.length);
  readonly #episodes = new EpisodeMemory();
  readonly #counts: [number, number] = [0, 0];
  #labels = 0;
  /** Exponentially weighted squared errors of the forest and of the base rate. */
  #error = 0;
  #baseError = 0;

  constructor(seed = 1) {
    this.#forest = new AdaptiveRandomForest(columns.length, randomOf(seed));
  }

  get labels(): number {
    return this.#labels;
  }

  get drifts(): number {
    return this.#forest.drifts;
  }

  /** 0…1: what the labels so far are worth. */
  get skill(): number {
    const [no, yes] = this.#counts;
    if (Math.min(no, yes) === 0 || this.#labels < 2 * warm || this.#baseError <= 0) return 0;
    // A margin, because a short run of luck is not skill.
    const margin = 0.6 / Math.sqrt(this.#labels - warm);
    return Math.max(0, Math.min(1, 2 * (1 - this.#error / this.#baseError - margin)));
  }

  #fill(features: Features): Float64Array {
    for (let i = 0; i < columns.length; i += 1) {
      const [name, scaled] = columns[i]!;
      const value = scaled(features[name] ?? 0);
      this.#vector[i] = Number.isFinite(value) ? Math.max(-20, Math.min(20, value)) : 0;
    }
    return this.#vector;
  }

  learn(features: Features, truePositive: boolean): void {
    const x = this.#fill(features);
    const label = truePositive ? 1 : 0;
    const [no, yes] = this.#counts;
    const base = (yes + 1) / (no + yes + 2);
    // The first labels are what it learns from, not what it is judged by.
    const rate = this.#labels < warm ? 0 : Math.max(0.03, 1 / (this.#labels - warm + 1));
    this.#error += rate * ((this.#forest.predict(x) - label) ** 2 - this.#error);
    this.#baseError += rate * ((base - label) ** 2 - this.#baseError);
    this.#forest.learn(x, label);
    this.#episodes.learn(features, truePositive);
    this.#memory.set(x, (this.#labels % remembered) * columns.length);
    this.#counts[label] += 1;
    this.#labels += 1;
  }

  /** P(true) of such an anomaly; 0.5 when nothing is known. */
  predict(features: Features): number {
    return this.#labels === 0 ? 0.5 : this.#forest.predict(this.#fill(features));
  }

  corrected(surprise: number, features: Features): number {
    const [no, yes] = this.#counts;
    const blend = this.#labels / (this.#labels + halfTrust);
    if (this.#labels === 0 || surprise <= 0) return surprise;
    if (this.#episodes.knowsAsFalse(features)) return leastLeft * surprise;
    if (yes === 0) return surprise * (1 - 0.7 * (no / (no + 5)) * this.#nearness(this.#fill(features)));
    const trust = blend * this.skill;
    if (trust === 0) return surprise;
    return (
      surprise *
      (1 - trust + trust * Math.min(1, leastLeft + (0.7 * this.#forest.predict(this.#fill(features))) / doubtful))
    );
  }

  /** 1 on a labelled example, falling to 0 away from all of them. */
  #nearness(x: Float64Array): number {
    let nearest = Infinity;
    const count = Math.min(this.#labels, remembered);
    for (let i = 0; i < count; i += 1) {
      let distance = 0;
      for (let f = 0; f < columns.length; f += 1) distance += (x[f]! - this.#memory[i * columns.length + f]!) ** 2;
      if (distance < nearest) nearest = distance;
    }
    return Math.exp(-nearest / (reach * reach));
  }
}

/** One labelled example of the past: a line of an import. */
export interface Labelled {
  readonly features: Features;
  readonly truePositive: boolean;
  readonly at: number;
}

/** Teaches a fresh forest from labelled history, oldest first (RDM-3, and what a restart does with stored verdicts). */
export function forestFrom(history: readonly Labelled[], seed = 1): FeedbackForest {
  const forest = new FeedbackForest(seed);
  for (const one of history.toSorted((a, b) => a.at - b.at)) forest.learn(one.features, one.truePositive);
  return forest;
}
