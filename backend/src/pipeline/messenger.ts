import { activePhases, stepCommand, stepSentence, targetName, type Incident } from '../model/index.ts';
import type { Ledger } from './ledger.ts';
import { AdapterError, type ComponentHealth, type Notification, type Ports } from './ports.ts';

export interface MessengerParts {
  readonly ports: Ports;
  readonly ledger: Ledger;
  /** Where people reach KubeWise: links begin with it. */
  readonly publicUrl: string;
}

/** Delivers what incidents owe to people: at least once, each key until its receivers took it. */
export interface Messenger {
  deliver(): Promise<void>;
  run(signal: AbortSignal): Promise<void>;
  health(): ComponentHealth;
}

/** When an incident's next notification may be tried (Unix s), and how long to wait after another failure (s). */
interface Owed {
  readonly notBefore: number;
  readonly wait: number;
}

/** Wait before the next try (s): it doubles from the first to the last. */
const retryAfter = { first: 30, last: 900 };
/** After a restart, what closed incidents still owe is looked for this far back (s). */
const lookBack = 86_400;

export function createMessenger(parts: MessengerParts): Messenger {
  const { ports, ledger } = parts;
  const owing = new Map<string, Owed>();
  /** Why receivers do not take what they are sent; undefined while they do. */
  let failing: string | undefined;
  let lastDelivery: number | undefined;
  const note = (incident: Incident): void => {
    if (incident.pendingNotifications.length === 0) owing.delete(incident.id);
    else if (!owing.has(incident.id)) owing.set(incident.id, { notBefore: 0, wait: retryAfter.first });
  };
  ledger.onIncident(note);

  async function deliverOne(id: string): Promise<void> {
    const incident = await ports.store.incidents.get(id);
    if (!incident || incident.pendingNotifications.length === 0) return void owing.delete(id);
    if ((incident.snoozedUntil ?? 0) > ports.clock.now() || incident.phase === 'Suppressed') return;
    const [key = ''] = incident.pendingNotifications;
    const notification = notificationOf(incident, key, parts.publicUrl);
    // A plan that is not waiting any more needs nobody's attention.
    if (notification) await send(notification);
    owing.set(id, { notBefore: 0, wait: retryAfter.first });
    await forget(id, key);
  }

  async function send(notification: Notification): Promise<void> {
    await ports.notifier.send(notification);
    lastDelivery = ports.clock.now();
    ports.recorder.count('kubewise_notifications_total', { kind: notification.kind });
    if (failing === undefined) return;
    failing = undefined;
    ports.log.info({ module: 'notify' }, 'notifications are taken again');
  }

  async function forget(id: string, key: string): Promise<void> {
    const incident = await ports.store.incidents.get(id);
    if (!incident) return;
    const pendingNotifications = incident.pendingNotifications.filter((one) => one !== key);
    await ledger.save(incident, { ...incident, pendingNotifications });
  }

  async function guarded(id: string): Promise<void> {
    try {
      await deliverOne(id);
    } catch (error) {
      const wait = owing.get(id)?.wait ?? retryAfter.first;
      owing.set(id, { notBefore: ports.clock.now() + wait, wait: Math.min(2 * wait, retryAfter.last) });
      if (!(error instanceof AdapterError)) throw error;
      ports.recorder.count('kubewise_notification_failures_total', { system: error.system });
      if (failing !== error.message)
        ports.log.warn({ module: 'notify', incident: id, system: error.system }, error.message);
      failing = error.message;
    }
  }

  async function deliver(): Promise<void> {
    const now = ports.clock.now();
    for (const [id, { notBefore }] of [...owing]) if (notBefore <= now) await guarded(id);
    ports.recorder.gauge('kubewise_queue_depth', owing.size, { queue: 'notify' });
  }

  return {
    deliver,
    health() {
      const since = lastDelivery === undefined ? {} : { lastSuccess: lastDelivery };
      if (ports.notifier.receivers === 0) return { status: 'disabled', message: 'no receiver is configured' };
      if (failing !== undefined) return { status: 'degraded', message: failing, ...since };
      return { status: 'ok', message: `${ports.notifier.receivers} receiver(s), ${owing.size} waiting`, ...since };
    },
    async run(signal) {
      const { incidents } = ports.store;
      const since = ports.clock.now() - lookBack;
      const open = await incidents.find({ where: { phase: { in: [...activePhases] } }, limit: 1000 });
      for (const incident of [
        ...open,
        ...(await incidents.find({ where: { updatedAt: { gte: since } }, limit: 5000 })),
      ])
        note(incident);
      while (!signal.aborted) {
        const release = ports.clock.hold();
        try {
          await deliver();
        } catch (error) {
          const level = error instanceof AdapterError ? 'debug' : 'error';
          ports.log[level]({ module: 'notify', err: error }, 'a notification could not be prepared');
          ports.recorder.count('kubewise_cycle_errors_total', { loop: 'notify' });
        } finally {
          release();
        }
        await ports.clock.sleep(2, signal);
      }
    },
  };
}

/** The text that a `notify_only` step carries; its key begins with the action's id. */
function saidBy(incident: Incident, key: string): string {
  const action = incident.actions.find((one) => key.startsWith(one.id));
  const message = action?.command.params['message'];
  return typeof message === 'string' ? message : incident.message;
}

const sentences = (incident: Incident): string =>
  incident.plan?.steps.map((step) => `• ${stepSentence(step)}  (${stepCommand(step)})`).join('\n') ?? '';

/** What a key asks to be said about an incident as it is now; undefined when it is out of date. */
function notificationOf(incident: Incident, key: string, publicUrl: string): Notification | undefined {
  const kind = key.slice(key.lastIndexOf(':') + 1) as Notification['kind'];
  const about = targetName(incident.target);
  const base = {
    key,
    kind,
    severity: incident.severity,
    incidentId: incident.id,
    cluster: incident.cluster,
    link: `${publicUrl}/api/v1/incidents/${incident.id}`,
    command: `npx kubewise incidents ${incident.id}`,
  };
  switch (kind) {
    case 'IncidentOpen':
      return { ...base, title: `Incident: ${incident.title}`.slice(0, 80), text: incident.message };
    case 'PlanWaiting':
      if (incident.phase !== 'Proposed' || !key.startsWith(incident.plan.id)) return undefined;
      return {
        ...base,
        title: `Plan waiting for approval: ${about}`.slice(0, 80),
        text: `${incident.plan.reasoning}\n${sentences(incident)}`,
        command: `npx kubewise plan approve ${incident.id} --digest ${incident.plan.digest}`,
      };
    case 'RemediationFailed':
      return { ...base, title: `Remediation failed: ${about}`.slice(0, 80), text: incident.message };
    case 'Escalated':
      return { ...base, title: `A person should look: ${about}`.slice(0, 80), text: incident.message };
    case 'Acknowledged':
      return {
        ...base,
        title: `Acknowledged: ${about}`.slice(0, 80),
        text: `acknowledged by ${incident.acknowledgedBy ?? 'somebody'}`,
      };
    case 'Resolved':
      return { ...base, title: `Resolved: ${about}`.slice(0, 80), text: incident.outcome?.message ?? incident.message };
    default:
      return { ...base, kind: 'Message', title: about.slice(0, 80), text: saidBy(incident, key) };
  }
}
