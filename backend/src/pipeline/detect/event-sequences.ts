import { knownSequences, type KnownSequence } from '../../model/index.ts';

/** What was seen of one sequence: its first `done` steps, from one time to another (Unix s). */
export interface SequenceMatch {
  readonly sequence: KnownSequence;
  readonly done: number;
  readonly from: number;
  readonly to: number;
}
export const isComplete = ({ sequence, done }: SequenceMatch): boolean => done === sequence.steps.length;

/** Per step of every sequence: when the newest run of the steps up to this one began, and when it got here. */
const floatsPerStep = 2;

/**
 * Recognises known sequences per entity as events come in: of every sequence the newest run of its first 1, 2, … steps is
 * kept, so that each event costs one look at each step. State: 16 B per step and entity that had such an event, and the
 * entities not heard of for longest are forgotten.
 */
export class EventSequences {
  readonly #known: readonly KnownSequence[];
  readonly #size: number;
  readonly #most: number;
  readonly #reasons: ReadonlySet<string>;
  readonly #runs = new Map<string, Float64Array>();

  constructor(known: readonly KnownSequence[] = knownSequences, most = 10_000) {
    this.#known = known;
    this.#most = most;
    this.#size = floatsPerStep * known.reduce((sum, { steps }) => sum + steps.length, 0);
    this.#reasons = new Set(known.flatMap(({ steps }) => steps.flatMap(({ reasons }) => reasons)));
  }

  get entities(): number {
    return this.#runs.size;
  }

  /** One event of an entity; `at` in Unix seconds. Late ones count where the order of their times allows it. */
  note(entity: string, reason: string, message: string, at: number): void {
    if (!this.#reasons.has(reason) || !Number.isFinite(at)) return;
    const runs = this.#runsOf(entity);
    let first = 0;
    for (const { steps, within } of this.#known) {
      // From the last step on, so that one event is not two steps.
      for (let k = steps.length - 1; k >= 0; k -= 1) {
        const step = steps[k]!;
        if (!step.reasons.includes(reason) || step.says?.test(message) === false) continue;
        const here = first + floatsPerStep * k;
        if (k === 0) begin(runs, here, at);
        else advance(runs, here, at, within, step === steps[k - 1]);
      }
      first += floatsPerStep * steps.length;
    }
  }

  /** The longest run of each sequence that has two steps or more, and no more than `age` seconds since the last. */
  matches(entity: string, now: number, age: number): readonly SequenceMatch[] {
    const runs = this.#runs.get(entity);
    if (!runs) return [];
    const found: SequenceMatch[] = [];
    let first = 0;
    for (const sequence of this.#known) {
      for (let done = sequence.steps.length; done >= 2; done -= 1) {
        const here = first + floatsPerStep * (done - 1);
        const [from, to] = [runs[here]!, runs[here + 1]!];
        if (now - to > age) continue;
        found.push({ sequence, done, from, to });
        break;
      }
      first += floatsPerStep * sequence.steps.length;
    }
    return found;
  }

  #runsOf(entity: string): Float64Array {
    const runs = this.#runs.get(entity) ?? new Float64Array(this.#size).fill(-Infinity);
    // The one that was heard of last stands last.
    this.#runs.delete(entity);
    this.#runs.set(entity, runs);
    const [oldest] = this.#runs.keys();
    if (this.#runs.size > this.#most && oldest !== undefined) this.#runs.delete(oldest);
    return runs;
  }
}

function begin(runs: Float64Array, here: number, at: number): void {
  if (at < runs[here + 1]!) return;
  runs[here] = at;
  runs[here + 1] = at;
}

/** The run one step further, when it got to the step before in time; a repeated step needs a later event. */
function advance(runs: Float64Array, here: number, at: number, within: number, repeats: boolean): void {
  const [from, reached] = [runs[here - floatsPerStep]!, runs[here - 1]!];
  const inOrder = repeats ? at > reached : at >= reached;
  if (!inOrder || at - from > within || at < runs[here + 1]!) return;
  runs[here] = from;
  runs[here + 1] = at;
}

/** Half an episode in 90 days: what is expected of an entity that has shown none (Gamma prior of a Poisson rate). */
const prior = { episodes: 0.5, seconds: 90 * 86_400 };
/** What belongs together happens within so long (s). */
const episode = 600;

/**
 * Surprise S = -log10 p of an episode at an entity that had `before` of its kind in the last `seconds`: p is the chance of
 * one in ten minutes at the rate that its own past and the prior make likely. 4.4 for the first, 3.6 for the fourth in a week.
 */
export function episodeSurprise(before: number, seconds: number): number {
  const rate = (before + prior.episodes) / (seconds + prior.seconds);
  return -Math.log10(-Math.expm1(-rate * episode));
}
