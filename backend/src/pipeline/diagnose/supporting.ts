import { knownSequences, type Anomaly } from '../../model/index.ts';
import { sequenceType } from './opening.ts';
import type { Judgement, Noticed } from './symptoms.ts';

/** How much of what a rule is not sure of a sequence that speaks for the class takes away. */
const doubtLeft = 0.8;

const known = new Map(knownSequences.map((sequence) => [sequence.name, sequence]));

const sequencesOf = ({ anomalies }: Noticed): readonly Anomaly[] =>
  anomalies.filter((anomaly) => anomaly.metricType === sequenceType && known.has(anomaly.query));

const said = ({ query, sentence, startedAt }: Anomaly): string =>
  `events since ${new Date(startedAt * 1000).toISOString().slice(11, 19)}: ${query}: ${sentence}`;

/** What a rule found, with the known sequences of events that speak for causes of this class. */
export function supported(found: Judgement, causeClass: string, noticed: Noticed): Judgement {
  const speaking = sequencesOf(noticed).filter(({ query }) => known.get(query)?.speaksFor.includes(causeClass));
  if (speaking.length === 0) return found;
  return {
    ...found,
    score: 1 - doubtLeft * (1 - found.score),
    evidence: [...found.evidence, ...speaking.map(said)],
    facts: { ...found.facts, sequence: speaking.map(({ query }) => query).join(',') },
  };
}
