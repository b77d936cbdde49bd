/** A known way in which things go wrong: reasons in order, all within `within` seconds. */
export interface Sequence {
  readonly name: string;
  readonly reasons: readonly string[];
  readonly within: number;
  readonly meaning: string;
}

/** Kubernetes' own words (pkg/kubelet/events, deployment and node lifecycle controllers). */
export const knownSequences: readonly Sequence[] = [
  ...[
    ['OomLoop', ['OOMKilling', 'BackOff'], 900, 'killed for memory, then restarting in a loop'],
    [
      'ProbeLoop',
      ['Unhealthy', 'Killing', 'BackOff'],
      1200,
      'a probe fails until the container is restarted in a loop',
    ],
    ['PullLoop', ['Failed', 'BackOff'], 600, 'the image or the container cannot be started'],
    ['ProbeRestart', ['Unhealthy', 'Killing'], 600, 'a probe fails until the container is restarted'],
    ['RolloutStuck', ['ScalingReplicaSet', 'ProgressDeadlineExceeded'], 1800, 'a rollout does not come to its end'],
    ['NodeLost', ['NodeNotReady', 'TaintManagerEviction'], 900, 'a node is gone and its pods are moved'],
    ['PressureEviction', ['EvictionThresholdMet', 'Evicted'], 900, 'a node under pressure evicts pods'],
    ['VolumeStuck', ['FailedAttachVolume', 'FailedMount'], 900, 'a volume cannot be attached'],
    ['NoRoom', ['FailedScheduling', 'FailedScheduling', 'FailedScheduling'], 1800, 'pods find no node'],
  ].map(([name, reasons, within, meaning]) => ({ name, reasons, within, meaning }) as Sequence),
];

export interface Match {
  readonly sequence: Sequence;
  readonly from: number;
  readonly to: number;
}

interface Step {
  readonly reason: string;
  readonly at: number;
}
const remembered = 64;
const episodesKept = 32;

/** What happened to one entity before: the memory behind "this is the third time this week". */
export interface EntityPast {
  readonly episodes: number;
  readonly lastAt: number | undefined;
  /** Sequences of this entity so far, by name. */
  readonly bySequence: Readonly<Record<string, number>>;
}

/**
 * Recognises known event sequences per entity and remembers how often each happened there. `note` every event in the
 * order of its time; a match is answered once per episode (again only after `within` seconds without it).
 */
export class EntityHistory {
  readonly #sequences: readonly Sequence[];
  readonly #steps = new Map<string, Step[]>();
  readonly #episodes = new Map<string, Match[]>();

  constructor(sequences: readonly Sequence[] = knownSequences) {
    this.#sequences = sequences;
  }

  note(entity: string, reason: string, at: number): readonly Match[] {
    const steps = this.#steps.get(entity) ?? [];
    steps.push({ reason, at });
    if (steps.length > remembered) steps.shift();
    this.#steps.set(entity, steps);
    const found = this.#sequences.flatMap((sequence) => {
      const from = startOf(sequence, steps);
      return from === undefined || this.#isKnown(entity, sequence, at) ? [] : [{ sequence, from, to: at }];
    });
    if (found.length > 0)
      this.#episodes.set(entity, [...(this.#episodes.get(entity) ?? []), ...found].slice(-episodesKept));
    return found;
  }

  #isKnown(entity: string, sequence: Sequence, at: number): boolean {
    return (this.#episodes.get(entity) ?? []).some(
      (one) => one.sequence === sequence && at - one.to <= sequence.within,
    );
  }

  past(entity: string): EntityPast {
    const episodes = this.#episodes.get(entity) ?? [];
    const bySequence: Record<string, number> = {};
    for (const { sequence } of episodes) bySequence[sequence.name] = (bySequence[sequence.name] ?? 0) + 1;
    return { episodes: episodes.length, lastAt: episodes.at(-1)?.to, bySequence };
  }

  /** Entities that have not been heard of since `before` are forgotten. */
  forget(before: number): void {
    for (const [entity, steps] of this.#steps)
      if ((steps.at(-1)?.at ?? 0) < before) {
        this.#steps.delete(entity);
        this.#episodes.delete(entity);
      }
  }
}

/** When the newest occurrence that ends with the last step began; other events may lie in between. */
function startOf({ reasons, within }: Sequence, steps: readonly Step[]): number | undefined {
  const last = steps.at(-1);
  if (!last || last.reason !== reasons.at(-1)) return undefined;
  let wanted = reasons.length - 2;
  let from = last.at;
  for (let i = steps.length - 2; i >= 0 && wanted >= 0; i -= 1) {
    const step = steps[i]!;
    if (last.at - step.at > within) return undefined;
    if (step.reason !== reasons[wanted]) continue;
    from = step.at;
    wanted -= 1;
  }
  return wanted < 0 ? from : undefined;
}
