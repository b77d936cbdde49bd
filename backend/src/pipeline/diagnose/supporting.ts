import { knownSequences, targetKey, targetName, type Anomaly, type Intervention } from '../../model/index.ts';
import { sequenceType } from './opening.ts';
import type { Judgement, Noticed } from './symptoms.ts';

/** How much of what a rule is not sure of a sequence that speaks for the class takes away. */
const doubtLeft = 0.8;
/** A change this long before a level moved may be why (s); clocks differ by a little. */
const sinceChange = 900;
const skew = 15;
/** Of several levels that moved, those that moved most clearly. */
const shiftsTold = 2;

const known = new Map(knownSequences.map((sequence) => [sequence.name, sequence]));

const sequencesOf = ({ anomalies }: Noticed): readonly Anomaly[] =>
  anomalies.filter((anomaly) => anomaly.metricType === sequenceType && known.has(anomaly.query));

const clock = (at: number): string => new Date(at * 1000).toISOString().slice(11, 19);

const eventsSaid = ({ query, sentence, startedAt }: Anomaly): string =>
  `events since ${clock(startedAt)}: ${query}: ${sentence}`;

/** The last change before a moment, of the suspect before all others. */
function changeBefore({ suspect, around }: Noticed, at: number): Intervention | undefined {
  const before = around.changes.filter((change) => change.at <= at + skew && at - change.at <= sinceChange);
  const own = before.filter((change) => targetKey(change.target) === targetKey(suspect));
  return (own.length > 0 ? own : before).toSorted((a, b) => b.at - a.at)[0];
}

/** `latency moved from 0.05 to 0.31 seconds at 12:03:30, 40 s after Rollout of Deployment shop/web`. */
function shiftSaid(noticed: Noticed, { metricType, unit, shift }: Anomaly): readonly string[] {
  if (!shift) return [];
  const short = (value: number): string => String(Number(value.toPrecision(3)));
  const moved = `${metricType} moved from ${short(shift.from)} to ${short(shift.to)} ${unit}`.trim();
  const change = changeBefore(noticed, shift.at);
  const after = change
    ? `, ${Math.max(0, Math.round(shift.at - change.at))} s after ${change.kind} of ${targetName(change.target)}`
    : '';
  return [`${moved} at ${clock(shift.at)}${after}`];
}

const shiftsOf = (noticed: Noticed): readonly string[] =>
  noticed.anomalies
    .toSorted((a, b) => b.peak - a.peak)
    .flatMap((anomaly) => shiftSaid(noticed, anomaly))
    .slice(0, shiftsTold);

/** What a rule found, with what else is known of the suspect: sequences of events that speak for such a cause, levels that moved. */
export function supported(found: Judgement, causeClass: string, noticed: Noticed): Judgement {
  const shifted = { ...found, evidence: [...found.evidence, ...shiftsOf(noticed)] };
  const speaking = sequencesOf(noticed).filter(({ query }) => known.get(query)?.speaksFor.includes(causeClass));
  if (speaking.length === 0) return shifted;
  return {
    ...shifted,
    score: 1 - doubtLeft * (1 - found.score),
    evidence: [...shifted.evidence, ...speaking.map(eventsSaid)],
    facts: { ...found.facts, sequence: speaking.map(({ query }) => query).join(',') },
  };
}
