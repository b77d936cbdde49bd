import { closed, type Incident, type IncidentIn } from '../model/index.ts';
import { AdapterError } from './ports.ts';
import { remediating, rollingBack, verifying } from './reconcile-act.ts';
import { approved, canActNow, diagnosing, planning, proposed } from './reconcile-plan.ts';
import { stepOf, type ReconcileParts, type Step } from './reconcile-step.ts';
import { isQuiet, noticedBy } from './symptoms.ts';

export interface Reconcile {
  /** One saved step of one incident. */
  step(id: string): Promise<Incident | undefined>;
  /** Everything that is due now, 16 incidents at a time; resolves, to how many steps were saved, when all are made. */
  tick(): Promise<number>;
  run(signal: AbortSignal): Promise<void>;
  /** An incident changed from outside (an approval): look at once. */
  kick(): void;
}

const retryAfter = 15;

/** The exits stay open until the symptoms are gone, then free their target; new signals bring them back. */
async function lingering(step: Step, incident: Incident): Promise<Incident | undefined> {
  const noticed = await noticedBy(step.ports.store, incident);
  if (isQuiet(noticed, step.now)) return step.save(incident, closed(incident, step.now));
  const grown = incident.signals.some((signal) => !incident.diagnosedSignals.includes(signal));
  if (grown && incident.phase === 'Escalated')
    return step.move(incident, 'Diagnosed', 'NewEvidence', 'new signals since people were called');
  if (incident.phase === 'Escalated' && (await canActNow(step, incident, noticed)))
    return step.move(incident, 'Diagnosed', 'NewEvidence', 'there is something to try now');
  return step.wait(incident, step.now + 60);
}

/** Silenced: looks once a minute whether the silence, or the trouble, is over. */
async function suppressed(step: Step, incident: Incident): Promise<Incident | undefined> {
  return diagnosing(step, incident);
}

function act(step: Step, incident: Incident): Promise<Incident | undefined> {
  switch (incident.phase) {
    case 'Firing':
      return diagnosing(step, incident);
    case 'Suppressed':
      return suppressed(step, incident);
    case 'Diagnosed':
      return planning(step, incident as IncidentIn<'Diagnosed'>);
    case 'Proposed':
      return proposed(step, incident as IncidentIn<'Proposed'>);
    case 'Approved':
      return approved(step, incident as IncidentIn<'Approved'>);
    case 'Remediating':
      return remediating(step, incident as IncidentIn<'Remediating'>);
    case 'Verifying':
      return verifying(step, incident);
    case 'RollingBack':
      return rollingBack(step, incident as IncidentIn<'RollingBack'>);
    default:
      return lingering(step, incident);
  }
}

/** Loop two: every incident that is due makes one saved step. Serial per incident, `atOnce` incidents at the same time. */
export function createReconcile(parts: ReconcileParts, atOnce = 16): Reconcile {
  const { ports, ledger } = parts;
  const busy = new Set<string>();
  let wake: () => void = () => undefined;

  async function stepUnguarded(id: string): Promise<Incident | undefined> {
    const incident = await ports.store.incidents.get(id);
    if (!incident || incident.closedAt !== undefined) return undefined;
    await ledger.settle(incident);
    const startedAt = performance.now();
    const saved = await act(stepOf(parts), incident);
    const seconds = (performance.now() - startedAt) / 1000;
    ports.recorder.observe('kubewise_reconcile_duration_seconds', seconds, { phase: incident.phase });
    return saved;
  }

  /** An outside system that fails stalls this incident for a moment; nothing is lost, because nothing was half saved. */
  async function step(id: string): Promise<Incident | undefined> {
    if (busy.has(id)) return undefined;
    busy.add(id);
    try {
      return await stepUnguarded(id);
    } catch (error) {
      if (!(error instanceof AdapterError))
        ports.log.error({ module: 'reconcile', incident: id, err: error }, `step failed`);
      // Whoever guards that system has said that it fails, once.
      else ports.log.debug({ module: 'reconcile', incident: id, system: error.system }, error.message);
      ports.recorder.count('kubewise_cycle_errors_total', { loop: 'reconcile' });
      await postpone(id);
      return undefined;
    } finally {
      busy.delete(id);
    }
  }

  async function postpone(id: string): Promise<void> {
    try {
      const incident = await ports.store.incidents.get(id);
      if (incident) await ledger.save(incident, { ...incident, nextAt: ports.clock.now() + retryAfter });
    } catch (error) {
      ports.log.debug({ module: 'reconcile', incident: id }, `cannot postpone: ${String(error)}`);
    }
  }

  async function tick(): Promise<number> {
    const due = await ports.store.incidents.find({
      where: { nextAt: { lte: ports.clock.now() } },
      orderBy: { field: 'nextAt', direction: 'asc' },
      limit: 200,
    });
    let saved = 0;
    for (let i = 0; i < due.length; i += atOnce) {
      const made = await Promise.all(due.slice(i, i + atOnce).map((incident) => step(incident.id)));
      saved += made.filter((incident) => incident !== undefined).length;
    }
    ports.recorder.gauge('kubewise_queue_depth', due.length, { queue: 'reconcile' });
    return saved;
  }

  async function guardedTick(): Promise<number> {
    try {
      return await tick();
    } catch (error) {
      const level = error instanceof AdapterError ? 'debug' : 'error';
      ports.log[level]({ module: 'reconcile', err: error }, 'the store does not answer; trying again');
      ports.recorder.count('kubewise_cycle_errors_total', { loop: 'reconcile' });
      return 0;
    }
  }

  async function run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const release = ports.clock.hold();
      const saved = await guardedTick().finally(release);
      // A store that is read but not written to leaves everything due: asking again at once would starve the process.
      if (saved === 0) await pause(signal);
    }
  }

  /** Until something is due: two seconds of domain time, or a kick. */
  function pause(signal: AbortSignal): Promise<void> {
    const kicked = new Promise<void>((resolve) => {
      wake = resolve;
    });
    const slept = new AbortController();
    const stop = AbortSignal.any([signal, slept.signal]);
    return Promise.race([ports.clock.sleep(2, stop), kicked]).finally(() => slept.abort());
  }

  return { step, tick, run, kick: () => wake() };
}
