import { digestOf } from '../../model/index.ts';
import type { Operations } from '../../pipeline/ports.ts';
import { z } from 'zod';
import { settled } from '../problems.ts';
import { alsoAt, route, type Backend, type Route } from '../route.ts';
import { present, secondsOf } from '../views/basic-view.ts';
import { AlertPayload, type PostedAlert } from '../wire/requests.ts';

type Received = Parameters<Operations['receiveAlerts']>[0][number];

/** Alertmanager says "not ended" as year 1; before 1970 is before any alert. */
const endOf = (time: string | null | undefined): number | undefined => {
  const seconds = time ? secondsOf(time) : 0;
  return seconds > 0 ? seconds : undefined;
};

/** An alert as it was posted, in our units; without a fingerprint its labels are its identity. */
const receivedOf = (posted: z.output<typeof PostedAlert>): Received => ({
  fingerprint: posted.fingerprint || digestOf(posted.labels).slice(0, 16),
  ...{ status: posted.status, labels: posted.labels, annotations: posted.annotations ?? {} },
  startsAt: secondsOf(posted.startsAt),
  ...present({ endsAt: endOf(posted.endsAt) }),
});

/** One alert per fingerprint, the last word wins. */
const deduplicated = (alerts: readonly Received[]): Received[] => [
  ...new Map(alerts.map((alert) => [alert.fingerprint, alert])).values(),
];

interface Waiting {
  readonly alerts: readonly Received[];
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Stores what arrives while one write is under way in the next one: thousands of small webhooks cost a handful of
 * writes, and each is answered only once its own alerts are stored.
 */
function createAlertIntake(operations: Pick<Operations, 'receiveAlerts'>) {
  let waiting: Waiting[] = [];
  let busy = false;

  async function flush(): Promise<void> {
    const batch = waiting;
    waiting = [];
    try {
      settled(await operations.receiveAlerts(deduplicated(batch.flatMap((one) => one.alerts))));
      for (const one of batch) one.resolve();
    } catch (error) {
      for (const one of batch) one.reject(error);
    }
  }
  async function drain(): Promise<void> {
    if (busy) return;
    busy = true;
    while (waiting.length > 0) await flush();
    busy = false;
  }

  return (alerts: readonly Received[]): Promise<void> =>
    new Promise((resolve, reject) => {
      waiting.push({ alerts, resolve, reject });
      void drain();
    });
}

const Stored = z.object({ stored: z.int() }).meta({ id: 'AlertsStored' });

export function alertRoutes({ operations, recorder }: Backend): Route[] {
  const store = createAlertIntake(operations);
  const post = route({
    ...{ method: 'post', path: '/api/v1/alerts', tag: 'alerts', body: AlertPayload, answers: Stored },
    summary: 'Webhook of Alertmanager (v4) and of Grafana Alerting; answered once the alerts are stored',
    maxBody: 10_000_000,
    async handle({ body }) {
      const alerts = body.alerts.map(receivedOf);
      if (alerts.length > 0) await store(alerts);
      for (const { status } of alerts) recorder.count('kubewise_alerts_received_total', { source: 'webhook', status });
      return { stored: alerts.length };
    },
  });
  return alsoAt(post, '/alerts');
}
