import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { grafanaUrl, now, signed, signer, startKeys, type Keys, type Signer } from './grafana-id.fake.ts';
import type { Role } from './rights.ts';
import { startServer, type AskOptions, type Running } from './server.fake.ts';

const approveSecret = 'secret-of-the-approval-route';
type Headers = Readonly<Record<string, string>>;
const secret: Headers = { 'X-Kubewise-Approve': approveSecret };
/** What a client can write about itself: Grafana's own hints, proxies' and single sign-on's. */
const claimed: Headers = {
  ...{ 'X-Grafana-User': 'admin', 'X-Grafana-Role': 'Admin', 'X-Grafana-Org-Id': '1', 'X-WEBAUTH-USER': 'admin' },
  ...{ 'X-Forwarded-User': 'admin', 'X-Remote-User': 'admin', 'X-Grafana-Context': '{"orgRole":"Admin"}' },
  ...{ 'X-DS-Authorization': 'Bearer anything', 'X-HTTP-Method-Override': 'POST', 'X-Forwarded-For': '127.0.0.1' },
};

let keys: Keys;
let first: Signer;
let second: Signer;
let running: Running;
let plan: { planId: string; digest: string };
beforeAll(async () => void ([first, second, keys] = await Promise.all([signer('k1'), signer('k2'), startKeys()])));
afterAll(() => keys.stop());
beforeEach(async () => {
  keys.served = [first.open];
  running = await startServer({ grafanaIssuers: [keys.issuer], approveSecret });
  plan = await running.proposed();
});
afterEach(() => running.stop());

const decide = (headers: Headers, options: AskOptions & { key?: string; more?: object; path?: string } = {}) => {
  const { key = 'key-00001', more, path = '/api/v1/approvals', role } = options;
  const body = { ...plan, idempotencyKey: key, ...more };
  return running.ask('POST', path, { role: 'role' in options ? role : 'viewer', headers, body });
};
const phase = async () => (await running.store.incidents.get('incident-1'))?.phase;
const anna = (changed: object = {}) => signed(first, changed);

/** A token whose claims were rewritten after it was signed. */
async function rewritten(changed: object): Promise<string> {
  const [head = '', body = '', signature = ''] = (await anna()).split('.');
  const claims = JSON.parse(Buffer.from(body, 'base64url').toString()) as object;
  return [head, Buffer.from(JSON.stringify({ ...claims, ...changed })).toString('base64url'), signature].join('.');
}
async function unsigned(alg: string): Promise<string> {
  const [, body = ''] = (await anna()).split('.');
  return `${Buffer.from(JSON.stringify({ alg, kid: 'k1', typ: 'jwt' })).toString('base64url')}.${body}.`;
}

describe('an approval straight to the backend is refused', () => {
  const identities: readonly (readonly [string, () => Promise<string>, string])[] = [
    ['nobody signed', () => unsigned('none'), 'BadToken'],
    ['says ES256 and has no signature', () => unsigned('ES256'), 'BadToken'],
    ['was rewritten to be somebody else', () => rewritten({ sub: 'user:1', username: 'admin' }), 'BadToken'],
    ['was rewritten to last longer', () => rewritten({ exp: now + 86_400 }), 'BadToken'],
    ['another key signed under the name of ours', () => signed({ ...second, kid: 'k1' }), 'BadToken'],
    ['a key signed that is not served', () => signed(second), 'BadToken'],
    ['is over', () => anna({ exp: now - 120 }), 'BadToken'],
    ['never ends', () => anna({ exp: undefined }), 'BadToken'],
    ['does not hold yet', () => anna({ nbf: now + 600 }), 'BadToken'],
    ['is of another organisation', () => anna({ aud: 'org:2', namespace: 'org-2' }), 'BadToken'],
    ['is for nobody in particular', () => anna({ aud: undefined }), 'BadToken'],
    ['is of another Grafana', () => anna({ iss: 'https://evil.example' }), 'BadToken'],
    ['is of a service account', () => anna({ type: 'service-account', sub: 'service-account:7' }), 'BadToken'],
    ['is of an anonymous visitor', () => anna({ type: 'anonymous', sub: 'anonymous:0' }), 'BadToken'],
    ['is another kind of token', () => signed(first, {}, { typ: 'at+jwt' }), 'BadToken'],
    ['came twice in one header', async () => `${await anna()}, ${await anna()}`, 'BadToken'],
    ['is empty', async () => '', 'NoIdentity'],
  ];
  it.each(identities)('with an identity that %s', async (_, make, reason) => {
    const answer = await decide({ ...secret, ...claimed, 'X-Grafana-Id': await make() });
    expect(answer).toMatchObject({ status: 403, body: { reason } });
    expect(await phase()).toBe('Proposed');
  });

  it.each<[string, Role | undefined, number]>([
    ['without any token', undefined, 401],
    ['with the token of a sender', 'ingest', 403],
  ])('%s, whoever the person is', async (_, role, status) => {
    const answer = await decide({ ...secret, 'X-Grafana-Id': await anna() }, { role });
    expect(answer.status).toBe(status);
    expect(await phase()).toBe('Proposed');
  });

  it('with the token in the wrong place, as another scheme, or of another KubeWise', async () => {
    const person = { ...secret, 'X-Grafana-Id': await anna() };
    for (const Authorization of [
      'Basic dmlld2VyOng=',
      'Bearer ',
      'Bearer token-of-another',
      `Bearer ${'x'.repeat(5000)}`,
    ])
      expect((await decide({ ...person, Authorization }, { role: undefined })).status, Authorization).toBe(401);
    const inQuery = `/api/v1/approvals?access_token=token-of-the-admin-0123456789`;
    expect((await decide(person, { role: undefined, path: inQuery })).status).toBe(401);
    expect(await phase()).toBe('Proposed');
  });

  it.each(['/api/v1//approvals', '/api/v1/%61pprovals/..%2fapprovals', '/api/v1/./approvals%2f', '/api/v1\\approvals'])(
    'on the crooked path %s',
    async (path) => {
      const answer = await decide({ ...secret, ...claimed }, { path });
      expect([400, 403, 404]).toContain(answer.status);
      expect(await phase()).toBe('Proposed');
    },
  );

  it('as a form of another site would send it, or as a GET', async () => {
    const person = { ...secret, 'X-Grafana-Id': await anna() };
    for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data'])
      expect((await decide({ ...person, 'Content-Type': type })).status, type).toBe(415);
    const got = await running.ask('GET', '/api/v1/approvals', { role: 'viewer', headers: { ...person, ...claimed } });
    expect(got.status).toBe(405);
    expect(await phase()).toBe('Proposed');
  });

  it('when the body says who approves', async () => {
    const more = { subject: 'user:1', approver: 'admin' };
    const answer = await decide({ ...secret, 'X-Grafana-Id': await anna() }, { more });
    expect(answer).toMatchObject({ status: 400, body: { reason: 'BadRequest' } });
    expect(await phase()).toBe('Proposed');
  });

  it('and the identity opens nothing else: no mode, no query, no plan of one’s own', async () => {
    const headers = { ...secret, ...claimed, 'X-Grafana-Id': await anna() };
    const incident = '/api/v1/incidents/incident-1';
    for (const [path, body] of [
      ['/api/v1/mode', { mode: 'AUTO' }],
      ['/api/v1/queries', {}],
      [`${incident}/command`, { command: 'restart_deployment name=web ns=shop' }],
      [`${incident}/revision`, { digest: plan.digest, steps: [{ id: 'command' }] }],
    ] as const)
      expect(await running.ask('POST', path, { role: 'viewer', headers, body }), path).toMatchObject({ status: 403 });
  });
});

describe('an approval that was seen on the wire', () => {
  it('does nothing a second time, and nothing for anybody else', async () => {
    const headers = { ...secret, 'X-Grafana-Id': await anna() };
    expect(await decide(headers)).toMatchObject({ status: 200 });
    const replayed = await decide(headers);
    expect(replayed.headers.get('idempotent-replayed')).toBe('true');
    const bob = { ...secret, 'X-Grafana-Id': await anna({ sub: 'user:8', username: 'bob' }) };
    expect(await decide(bob)).toMatchObject({ status: 409, body: { reason: 'IdempotencyKeyReused' } });
    expect(await decide(bob, { key: 'key-00002' })).toMatchObject({ status: 409, body: { reason: 'NotProposed' } });
    const incident = await running.store.incidents.get('incident-1');
    expect(incident?.approvals).toMatchObject([{ subject: 'user:7', issuer: grafanaUrl }]);
  });

  it('does not carry over to the plan that comes next', async () => {
    const headers = { ...secret, 'X-Grafana-Id': await anna() };
    const seen = plan;
    plan = await running.proposed();
    expect(plan.digest).not.toBe(seen.digest);
    const stale = await decide(headers, { more: seen });
    expect(stale).toMatchObject({ status: 412, body: { reason: 'PlanChanged' } });
    const mixed = await decide(headers, { more: { digest: seen.digest } });
    expect(mixed).toMatchObject({ status: 412, body: { reason: 'PlanChanged' } });
    expect(await phase()).toBe('Proposed');
  });
});

it('a key that Grafana changed to is trusted at once, by the backend that knew the one before', async () => {
  const path = '/api/v1/incidents/incident-1/acknowledge';
  const known = await running.ask('POST', path, { role: 'operator', headers: { 'X-Grafana-Id': await anna() } });
  expect(known.body.acknowledgedBy).toBe('user:7');
  keys.served = [second.open];
  expect(await decide({ ...secret, 'X-Grafana-Id': await signed(second) })).toMatchObject({ status: 200 });
});
