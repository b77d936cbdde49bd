import { targetKey, type EventRecord, type Target, type Topology, type WatchedQuery } from '../model/index.ts';
import type { AnomalyBook, Explanation } from './anomaly-book.ts';
import {
  defaultThreshold,
  episodeSurprise,
  EventSequences,
  isComplete,
  scoreOf,
  type SequenceMatch,
} from './detect/index.ts';
import { sequenceType } from './diagnose/index.ts';
import { week } from './episodes.ts';

/** A sequence whose last step was so long ago is over (s): as long as other symptoms must be gone. */
const over = 300;

const queryOf = ({ sequence }: SequenceMatch): WatchedQuery => ({
  ...{ name: sequence.name, query: `kubewise:${sequenceType}`, metricType: sequenceType, unit: 'steps' },
  ...{ aggregate: 'max', direction: 'up' },
});

function explanationOf({ sequence }: SequenceMatch, before: number): Explanation {
  const surprise = episodeSurprise(before, week);
  const steps = sequence.steps.length;
  return {
    expected: 0,
    band: [0, steps - 1],
    threshold: defaultThreshold,
    views: [{ name: 'sequence', surprise, share: 1 }],
    sentence: sequence.meaning,
    severity: sequence.opens ? 'critical' : 'warning',
    confidence: 1,
    features: { S_sequence: surprise },
  };
}

interface Heard {
  readonly event: EventRecord;
  /** The same event as it was heard of last, when it was. */
  readonly knownBefore: EventRecord | undefined;
}

/** Events as they come in → anomalies of the entities whose events are a known sequence. */
export interface SequenceWatch {
  /** What is long over, as events that are listed at a start may be, is a step and raises nothing. */
  note(events: readonly Heard[], now: number): void;
  /** Ends the anomalies of sequences that do not go on. */
  settle(now: number): void;
}

/** When an event happened, as far as its record and what was known of it tell. */
function timesOf({ event, knownBefore }: Heard): readonly number[] {
  if (knownBefore) return event.lastSeen > knownBefore.lastSeen ? [event.lastSeen] : [];
  return event.firstSeen < event.lastSeen ? [event.firstSeen, event.lastSeen] : [event.lastSeen];
}

export function createSequenceWatch(
  book: Pick<AnomalyBook, 'note' | 'close' | 'episodesOf'>,
  topology: Topology,
): SequenceWatch {
  const sequences = new EventSequences();
  const open = new Map<string, { readonly target: Target; to: number }>();

  /** A node's trouble is a step in the sequences of what runs there. */
  function entitiesOf(target: Target): readonly Target[] {
    if (target.kind !== 'Node') return [target];
    const onIt = topology.targets().filter((one) => topology.podsOf(one).some(({ node }) => node === target.name));
    return [target, ...onIt];
  }

  function raise(target: Target, match: SequenceMatch): void {
    const query = queryOf(match);
    const key = `${query.name}|${targetKey(target)}`;
    const said = explanationOf(match, book.episodesOf(key, match.to));
    const row = { key, query, target, targetKey: targetKey(target) };
    book.note(row, match.done, scoreOf(said.views[0]?.surprise ?? 0), said, match.to, match.from);
    open.set(key, { target, to: match.to });
  }

  return {
    note(events, now) {
      const heard = events
        .flatMap((one) => timesOf(one).map((at) => ({ event: one.event, at })))
        .sort((a, b) => a.at - b.at);
      const touched = new Map<string, Target>();
      for (const { event, at } of heard) {
        for (const target of event.target ? entitiesOf(event.target) : []) {
          const key = targetKey(target);
          sequences.note(key, event.reason, event.message, at);
          touched.set(key, target);
        }
      }
      for (const [key, target] of touched)
        for (const match of sequences.matches(key, now, over)) if (isComplete(match)) raise(target, match);
    },
    settle(now) {
      for (const [key, { to }] of open) {
        if (now - to < over) continue;
        book.close({ key }, 'BackToNormal', to);
        open.delete(key);
      }
    },
  };
}
