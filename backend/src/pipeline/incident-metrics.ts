import type { Incident } from '../model/index.ts';
import type { Recorder } from './ports.ts';

type Decider = 'policy' | 'person' | 'nobody';

/** Who let something be done about it; `nobody` where nothing was approved. */
function decidedBy({ approvals }: Incident): Decider {
  const last = approvals.at(-1);
  if (!last) return 'nobody';
  return last.issuer === 'policy' ? 'policy' : 'person';
}

const viaOf = (issuer: string | undefined): string => (issuer === 'policy' || issuer === 'token' ? issuer : 'grafana');

function opened(recorder: Recorder, { reason, openedAt, startedAt }: Incident): void {
  recorder.count('kubewise_incidents_total', { reason });
  recorder.observe('kubewise_time_to_detect_seconds', Math.max(0, openedAt - startedAt));
}

function moved(recorder: Recorder, before: Incident, after: Incident): void {
  const { phase, reason, outcome } = after;
  recorder.count('kubewise_incident_transitions_total', { from: before.phase, to: phase, reason });
  if (phase === 'Approved')
    recorder.count('kubewise_approvals_total', { decision: 'Approved', via: viaOf(after.approvals.at(-1)?.issuer) });
  // Who leaves otherwise carries the outcome of an earlier attempt at most.
  if (before.phase === 'Verifying' && outcome && outcome.at !== before.outcome?.at)
    recorder.count('kubewise_verdicts_total', { verdict: outcome.verdict });
}

function ended(recorder: Recorder, incident: Incident, at: number): void {
  recorder.count('kubewise_incidents_closed_total', { phase: incident.phase, decided_by: decidedBy(incident) });
  recorder.observe('kubewise_time_to_recover_seconds', Math.max(0, at - incident.startedAt), { phase: incident.phase });
}

/** Counts what one saved step means in the life of an incident; `before` is absent for a new one. */
export function countIncident(recorder: Recorder, before: Incident | undefined, after: Incident): void {
  if (!before) opened(recorder, after);
  else if (before.phase !== after.phase) moved(recorder, before, after);
  if (before?.closedAt === undefined && after.closedAt !== undefined) ended(recorder, after, after.closedAt);
}
