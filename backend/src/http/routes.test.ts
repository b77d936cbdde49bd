import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { z } from 'zod';
import { listedRoutes, rightOf, specOf, type Role } from './rights.ts';
import { routeName } from './route.ts';
import { roles, startServer, type AskOptions, type Running } from './server.fake.ts';

interface Sent extends AskOptions {
  /** The path as it is called; the route's own where nothing stands in for a name. */
  readonly path?: string;
}
const range = 'from=2023-11-14T00:00:00Z&to=2023-11-15T00:00:00Z';
const command = { command: 'scale_deployment name=web ns=shop replicas=4' };
const frame = { name: 'a', time: [1000, 2000], values: [1, null] };
const alerts = {
  alerts: [{ status: 'firing', labels: { alertname: 'Slow' }, startsAt: '2023-11-14T22:00:00Z', fingerprint: 'f1' }],
};
const backtest = { promql: 'up', from: '2023-11-14T00:00:00Z', to: '2023-11-14T01:00:00Z' };

/** What is sent to each route that needs more than its path. Everything else is asked as it stands. */
const requests: Readonly<Record<string, Sent>> = {
  'GET /docs/{file}': { path: '/docs/swagger-ui.css' },
  'GET /redoc/{file}': { path: '/redoc/redoc.standalone.js' },
  'GET /api/v1/annotations': { path: `/api/v1/annotations?${range}&layers=incidents,anomalies,interventions` },
  'GET /api/v1/series': { path: `/api/v1/series?${range}` },
  'POST /api/v1/score': { body: { frames: [frame] } },
  'POST /api/v1/investigate': { body: { namespace: 'shop', name: 'web' } },
  'POST /investigate': { body: { incidentId: 'incident-1' } },
  'POST /api/v1/feedback': { body: { anomalyId: 'anomaly-1', verdict: 'TruePositive' } },
  'PUT /api/v1/anomalies/{id}/feedback': { body: { verdict: 'FalsePositive', comment: 'a load test' } },
  'PUT /anomalies/{id}/feedback': { body: { verdict: 'FalsePositive' } },
  'POST /api/v1/incidents/actions': { body: { act: 'acknowledge', incidentId: 'incident-1' } },
  'POST /api/v1/incidents/{id}/assign': { body: { assignee: 'anna' } },
  'POST /api/v1/incidents/{id}/snooze': { body: { forSeconds: 60 } },
  'POST /api/v1/incidents/{id}/command': { body: command, role: 'operator' },
  'POST /api/v1/remediation/events/{id}/remediate': { body: command, role: 'operator' },
  'POST /api/v1/mutes': { body: { namespace: 'shop', forSeconds: 60, why: 'load test' } },
  'POST /api/v1/killswitch': { body: { on: false } },
  'POST /api/v1/mode': { body: { mode: 'MANUAL' } },
  'POST /api/v1/setup/mode': { body: { mode: 'MANUAL' } },
  'PUT /api/v1/config': { body: { default_anomaly_threshold: 0.9 } },
  'PUT /config': { body: { DEFAULT_ANOMALY_THRESHOLD: 0.9 } },
  'POST /api/v1/queries': { body: { name: 'mine', query: 'up', metricType: 'custom' } },
  'POST /api/v1/queries/delete': { body: { name: 'cpu' } },
  'POST /api/v1/backtests': { body: backtest },
  'POST /api/v1/exports': { body: { of: 'incidents' } },
  'POST /api/v1/alerts': { body: alerts },
  'POST /alerts': { body: alerts },
  'POST /api/v1/write': {
    body: new Uint8Array([1, 2, 3]),
    headers: { 'Content-Type': 'application/x-protobuf', 'Content-Encoding': 'snappy' },
  },
};

let running: Running;
beforeAll(async () => void (running = await startServer()));
afterAll(() => running.stop());

/** Names of things that must be made first. */
async function prepared(name: string): Promise<Sent> {
  if (name === 'GET /api/v1/plans/{id}') return { path: `/api/v1/plans/${(await running.proposed()).planId}` };
  if (name === 'POST /api/v1/approvals')
    return { body: { ...(await running.proposed()), idempotencyKey: 'approve-once' } };
  if (name === 'POST /api/v1/rejections') {
    const { planId } = await running.proposed();
    return { body: { planId, reason: 'not now', idempotencyKey: 'reject-once' } };
  }
  if (name === 'POST /api/v1/incidents/{id}/revision') {
    const { digest } = await running.proposed();
    return { body: { digest, steps: [{ id: 'command', command: 'scale_deployment name=web ns=shop replicas=3' }] } };
  }
  if (name === 'POST /api/v1/mutes/end') {
    const { body } = await running.ask('POST', '/api/v1/mutes', { role: 'admin', ...requests['POST /api/v1/mutes'] });
    return { body: { muteId: body.id } };
  }
  if (name.includes('/jobs/')) {
    const started = () => running.ask('POST', '/api/v1/backtests', { role: 'admin', body: backtest });
    // Only a few jobs run at the same time; those of the routes before come to their end.
    const { body } = await vi.waitFor(
      async () => {
        const answer = await started();
        expect(answer.status).toBe(202);
        return answer;
      },
      { timeout: 30_000, interval: 50 },
    );
    return name.startsWith('GET') ? { path: `/api/v1/jobs/${body.id}` } : { body: { jobId: body.id } };
  }
  return requests[name] ?? {};
}

const filled = (path: string): string =>
  path.replace('{id}', /anomalies|events/.test(path) ? 'anomaly-1' : 'incident-1');
/** An approval ends what others still want to do with the incident: it comes last. */
const last = (name: string): number => ['POST /api/v1/rejections', 'POST /api/v1/approvals'].indexOf(name);

interface OpenApi {
  readonly openapi: string;
  readonly paths: Readonly<Record<string, Readonly<Record<string, Described>>>>;
  readonly components: { readonly schemas: object };
}
interface Described {
  readonly responses: Readonly<Record<string, { readonly content?: Readonly<Record<string, { schema: object }>> }>>;
}
/** The schema that the document gives for an answer, as a validator. */
function described(document: OpenApi, method: string, path: string, status: number, type: string): z.ZodType {
  const schema = document.paths[path]?.[method]?.responses[String(status)]?.content?.[type]?.schema;
  if (!schema) throw new Error(`the document says nothing of ${method} ${path} answering ${status} as ${type}`);
  const whole = JSON.stringify({ ...schema, $defs: document.components.schemas });
  return z.fromJSONSchema(
    JSON.parse(whole.replaceAll('#/components/schemas/', '#/$defs/')) as z.core.JSONSchema.JSONSchema,
  );
}

it('describes every route, and every route answers as it is described', { timeout: 60_000 }, async () => {
  const document = (await running.ask('GET', '/openapi.json')).body as OpenApi;
  expect(document.openapi).toBe('3.1.0');
  const ordered = [...running.server.routes].sort((a, b) => last(routeName(a)) - last(routeName(b)));
  for (const route of ordered) {
    const name = routeName(route);
    if (name === 'GET /api/v1/incidents/stream') continue; // never ends; stream.test.ts reads it
    const { path = filled(route.path), ...options } = await prepared(name);
    const answer = await running.ask(route.method.toUpperCase(), path, { role: 'admin', ...options });
    expect(answer.status, `${name}: ${JSON.stringify(answer.body).slice(0, 300)}`).toBe(route.status);
    if (!route.answers) continue;
    const checked = described(document, route.method, route.path, route.status, 'application/json').safeParse(
      answer.body,
    );
    expect(checked.error?.issues ?? [], name).toEqual([]);
  }
  const paths = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
  );
  expect(paths.sort()).toEqual([...listedRoutes].sort());
});

it('lets in the roles of the table of rights and nobody else, before it looks at anything they send', async () => {
  for (const route of running.server.routes) {
    const name = routeName(route);
    const { roles: allowed } = specOf(rightOf(name));
    if (allowed.length === 0 || name === 'GET /metrics') continue;
    const ask = (role?: Role) =>
      running.ask(route.method.toUpperCase(), filled(route.path), { role, body: 'not json' });
    expect((await ask()).status, `${name} without a token`).toBe(401);
    for (const role of roles.filter((one) => !allowed.includes(one)))
      expect(await ask(role), `${name} as ${role}`).toMatchObject({ status: 403 });
  }
});

it('serves its documentation from itself alone', async () => {
  for (const path of ['/docs', '/redoc']) {
    const { status, body, headers } = await running.ask('GET', path);
    expect(status).toBe(200);
    expect(body).not.toMatch(/https?:\/\//);
    expect(headers.get('content-security-policy')).toContain("script-src 'self'");
  }
});

it('counts requests by endpoint', async () => {
  await running.ask('GET', '/livez');
  const { body, headers } = await running.ask('GET', '/metrics');
  expect(headers.get('content-type')).toContain('text/plain');
  expect(body).toMatch(
    /kubewise_api_request_duration_seconds_count\{endpoint="\/livez",method="GET",status_code="200"\}/,
  );
});
