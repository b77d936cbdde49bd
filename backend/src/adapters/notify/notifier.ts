import { Agent, request } from 'undici';
import { AdapterError, type Notification, type Notifier } from '../../pipeline/ports.ts';
import { pagerDutyEvent } from './pagerduty.ts';

export interface Receiver {
  /**
   * `generic` gets the notification as JSON, `slack` an incoming webhook's message (Mattermost takes it too),
   * `pagerduty` events of the Events API v2.
   */
  readonly kind: 'generic' | 'slack' | 'pagerduty';
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** PagerDuty's integration key. */
  readonly routingKey?: string | undefined;
}

export interface NotifierOptions {
  readonly webhooks: readonly Receiver[];
  readonly timeoutSeconds: number;
}

/** Slack reads &, < and > as markup; cluster text must not become a link or a mention. */
const plain = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');

/** At most 3000 characters per section: Slack, Block Kit reference. */
const section = (text: string) => ({ type: 'section', text: { type: 'mrkdwn', text: text.slice(0, 2900) } });

type Body = (notification: Notification, receiver: Receiver) => object;
const bodyFor: Readonly<Record<Receiver['kind'], Body>> = {
  generic: (notification) => ({ source: 'kubewise', ...notification }),
  slack: ({ title, text, severity, cluster, link, command }) => ({
    text: plain(title),
    blocks: [
      section(`*${plain(title)}*`),
      ...(text ? [section(plain(text))] : []),
      section(`\`${plain(command)}\`\n<${link}|Open in KubeWise>`),
      { type: 'context', elements: [{ type: 'mrkdwn', text: `cluster ${plain(cluster)} · ${severity}` }] },
    ],
  }),
  pagerduty: pagerDutyEvent,
};

/** How many delivered keys are remembered per receiver, for the repeats that another receiver's failure causes. */
const remembered = 500;

/**
 * Posts to every receiver. When one does not take it, the call throws and is repeated later with the same key; those
 * that took it are not asked again. `Idempotency-Key` carries the key for receivers that count across our crashes.
 */
export function createNotifier(options: NotifierOptions): Notifier {
  const dispatcher = new Agent({ connections: 2 });
  const took = options.webhooks.map(() => new Set<string>());

  async function post(receiver: Receiver, notification: Notification): Promise<void> {
    const { kind, url, headers } = receiver;
    // The URL of a webhook is a secret: only its host may be said.
    const { host } = new URL(url);
    const response = await request(url, {
      dispatcher,
      method: 'POST',
      headers: { 'content-type': 'application/json', 'idempotency-key': notification.key, ...headers },
      body: JSON.stringify(bodyFor[kind](notification, receiver)),
      signal: AbortSignal.timeout(options.timeoutSeconds * 1000),
    }).catch((cause: NodeJS.ErrnoException) => {
      throw new AdapterError('notifier', `${host} not reached: ${cause.code ?? cause.name}`, {
        retryable: true,
        cause,
      });
    });
    await response.body.dump();
    const status = response.statusCode;
    if (status >= 300) throw new AdapterError('notifier', `${host} answered ${status}`, { retryable: true, status });
  }

  async function deliver(receiver: Receiver, keys: Set<string> | undefined, notification: Notification): Promise<void> {
    if (keys?.has(notification.key)) return;
    await post(receiver, notification);
    keys?.add(notification.key);
    if (keys && keys.size > remembered) keys.delete(keys.values().next().value ?? '');
  }

  return {
    receivers: options.webhooks.length,
    async send(notification) {
      const results = await Promise.allSettled(
        options.webhooks.map((receiver, index) => deliver(receiver, took[index], notification)),
      );
      const failed = results.find((one) => one.status === 'rejected');
      if (failed) throw failed.reason;
    },
  };
}
