import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Notification } from '../../pipeline/ports.ts';
import { createNotifier, type Receiver } from './index.ts';

interface Post {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: Record<string, unknown>;
}
let posts: Post[] = [];
/** Path → status; 200 for all others. */
const statuses = new Map<string, number>();
let server: Server;
let url: string;

beforeEach(async () => {
  posts = [];
  statuses.clear();
  server = createServer((request, response) => {
    let text = '';
    request.on('data', (chunk: Buffer) => (text += chunk.toString()));
    request.on('end', () => {
      const { url: path = '', headers } = request;
      posts.push({ path, headers, body: JSON.parse(text) as Record<string, unknown> });
      response.writeHead(statuses.get(path) ?? 200).end('ok');
    });
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterEach(() => {
  server.closeAllConnections();
  server.close();
});

const notification: Notification = {
  ...{ key: 'incident-1/open', kind: 'IncidentOpen', severity: 'critical', incidentId: 'incident-1', cluster: 'prod' },
  title: 'web: <!channel> crashes & burns',
  text: 'since 12:00',
  link: 'https://kubewise.example/incidents/incident-1',
  command: 'npx kubewise plan show incident-1',
};
const open = (...webhooks: Receiver[]) => createNotifier({ webhooks, timeoutSeconds: 1 });
const at = (path: string, kind: Receiver['kind'] = 'generic'): Receiver => ({ kind, url: url + path });

test('a generic receiver gets the notification with its key and the configured headers', async () => {
  await open({ ...at('/hook'), headers: { authorization: 'Bearer t' } }).send(notification);
  expect(posts).toHaveLength(1);
  expect(posts[0]?.headers).toMatchObject({ 'idempotency-key': 'incident-1/open', authorization: 'Bearer t' });
  expect(posts[0]?.body).toEqual({ source: 'kubewise', ...notification });
});

test('Slack gets a message in which cluster text is neither a link nor a mention', async () => {
  await open(at('/slack', 'slack')).send(notification);
  expect(posts[0]?.body['text']).toBe('web: &lt;!channel&gt; crashes &amp; burns');
  expect(JSON.stringify(posts[0]?.body)).not.toContain('<!channel>');
  expect(JSON.stringify(posts[0]?.body['blocks'])).toContain('<https://kubewise.example/incidents/incident-1|');
});

test.each([
  ['IncidentOpen', 'trigger'],
  ['PlanWaiting', 'trigger'],
  ['Acknowledged', 'acknowledge'],
  ['Resolved', 'resolve'],
] as const)('PagerDuty hears of %s as %s, always about the same alert', async (kind, event) => {
  await open({ ...at('/v2/enqueue', 'pagerduty'), routingKey: 'R0UT1NG' }).send({ ...notification, kind });
  expect(posts[0]?.body).toMatchObject({
    ...{ routing_key: 'R0UT1NG', event_action: event, dedup_key: 'kubewise/prod/incident-1' },
    payload: { summary: notification.title, source: 'prod', severity: 'critical' },
    links: [{ href: notification.link }],
  });
});

test('PagerDuty knows four severities, and takes so much text and no more', async () => {
  const pagerduty = open({ ...at('/v2/enqueue', 'pagerduty'), routingKey: 'R' });
  const long = { title: 'x'.repeat(3000), cluster: 'c'.repeat(300) };
  for (const severity of ['critical', 'high', 'medium', 'low'])
    await pagerduty.send({ ...notification, ...long, severity, key: severity });
  const payloads = posts.map((post) => post.body['payload'] as { severity: string; summary: string });
  expect(payloads.map((one) => one.severity)).toEqual(['critical', 'error', 'warning', 'info']);
  expect(payloads[0]?.summary).toHaveLength(1024);
  expect(posts[0]?.body['dedup_key']).toHaveLength(255);
});

test('when one receiver does not take it, only that one is asked again', async () => {
  const notifier = open(at('/good'), at('/bad'));
  statuses.set('/bad', 503);
  await expect(notifier.send(notification)).rejects.toMatchObject({ retryable: true, status: 503 });
  statuses.clear();
  await notifier.send(notification);
  await notifier.send(notification);
  expect(posts.map((post) => post.path).sort()).toEqual(['/bad', '/bad', '/good']);
});

test('an error names the host, never the secret path', async () => {
  const gone = open({ kind: 'slack', url: 'http://127.0.0.1:9/services/T000/SECRET' });
  const error = await gone.send(notification).catch((one: Error) => one);
  expect(String(error)).toContain('127.0.0.1:9 not reached');
  expect(String(error)).not.toContain('SECRET');
});

test('without receivers there is nothing to do', async () => {
  await expect(open().send(notification)).resolves.toBeUndefined();
});
