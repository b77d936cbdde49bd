import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { grafanaUrl as url, now, signed, signer, startKeys, type Keys, type Signer } from './grafana-id.fake.ts';
import { createGrafanaVerifier, type GrafanaIssuer } from './grafana-id.ts';
import { startServer, type Running } from './server.fake.ts';

let keys: Keys;
let issuer: GrafanaIssuer;
let first: Signer;
let second: Signer;
beforeAll(async () => {
  [first, second, keys] = await Promise.all([signer('k1'), signer('k2'), startKeys()]);
  issuer = keys.issuer;
});
afterAll(() => keys.stop());
beforeEach(() => {
  keys.served = [first.open];
  keys.asked = 0;
});
const token = (changed: object = {}, by = first, alg = 'ES256'): Promise<string> => signed(by, changed, { alg });

describe('X-Grafana-Id', () => {
  it('is a person when a trusted Grafana signed it for this organisation', async () => {
    const verify = createGrafanaVerifier([issuer]);
    expect(await verify(await token())).toEqual({
      ok: true,
      user: { issuer: url, subject: 'user:7', username: 'anna' },
    });
    await verify(await token());
    expect(keys.asked).toBe(1);
  });

  it.each([
    ['is over', { exp: now - 120 }],
    ['never ends', { exp: undefined }],
    ['does not hold yet', { nbf: now + 600 }],
    ['is for another organisation', { aud: 'org:2' }],
    ['names another namespace', { namespace: 'org-2' }],
    ['is of a service account', { type: 'service-account', sub: 'service-account:7' }],
    ['calls itself a user and is none', { sub: 'service-account:7' }],
    ['has no name', { username: '' }],
    ['comes from elsewhere', { iss: 'https://evil.example' }],
    ['says nothing of where it comes from', { iss: undefined }],
  ])('is refused when it %s', async (_, changed) => {
    const verify = createGrafanaVerifier([issuer]);
    expect(await verify(await token(changed))).toMatchObject({ ok: false, reason: 'BadToken' });
  });

  it('may be a minute off, for clocks differ', async () => {
    const verify = createGrafanaVerifier([issuer]);
    expect(await verify(await token({ exp: now - 30 }))).toMatchObject({ ok: true });
    expect(await verify(await token({ nbf: now + 30 }))).toMatchObject({ ok: true });
  });

  it('is refused under another algorithm, another key or without a signature', async () => {
    const verify = createGrafanaVerifier([issuer]);
    const forged = { ...second, kid: 'k1' };
    expect(await verify(await token({}, forged))).toMatchObject({ reason: 'BadToken' });
    const rsa = await signer('k1', 'RS256');
    keys.served = [rsa.open];
    expect(await verify(await token({}, rsa, 'RS256'))).toMatchObject({ reason: 'BadToken' });
    const [, body] = (await token()).split('.');
    const none = Buffer.from(JSON.stringify({ alg: 'none', kid: 'k1' })).toString('base64url');
    expect(await verify(`${none}.${body}.`)).toMatchObject({ reason: 'BadToken' });
    expect(await verify('nonsense')).toMatchObject({ reason: 'BadToken' });
    const other = await signed(first, {}, { typ: 'at+jwt' });
    expect(await verify(other)).toMatchObject({ reason: 'BadToken' });
  });

  it('follows a change of keys at once, and forged key names cause no storm of requests', async () => {
    const verify = createGrafanaVerifier([issuer]);
    await verify(await token());
    keys.served = [first.open, second.open];
    expect(await verify(await token({}, second))).toMatchObject({ ok: true });
    expect(keys.asked).toBe(2);
    for (let n = 0; n < 20; n += 1) await verify(await token({}, { ...second, kid: `forged-${n}` }));
    expect(keys.asked).toBe(2);
  });

  it('lets a key that was withdrawn go after ten minutes', async () => {
    let time = Date.now();
    const verify = createGrafanaVerifier([issuer], { now: () => time });
    await verify(await token());
    keys.served = [second.open];
    time += 11 * 60_000;
    expect(await verify(await token({ exp: now + 3600 }))).toMatchObject({ ok: false, reason: 'BadToken' });
  });

  it('is nobody while the keys cannot be had, and where no Grafana is trusted', async () => {
    const away = { ...issuer, jwksUrl: 'http://127.0.0.1:1/keys' };
    expect(await createGrafanaVerifier([away])(await token())).toMatchObject({ reason: 'KeysUnavailable' });
    expect(await createGrafanaVerifier([])(await token())).toMatchObject({ reason: 'NotConfigured' });
  });
});

describe('approving through Grafana', () => {
  const approveSecret = 'secret-of-the-approval-route';
  let running: Running;
  beforeEach(async () => void (running = await startServer({ grafanaIssuers: [issuer], approveSecret })));
  afterEach(() => running.stop());
  const decide = async (headers: Record<string, string>, key = 'key-00001') => {
    const waiting = await running.ask('GET', '/api/v1/plans', { role: 'viewer' });
    const { id: planId, digest } = waiting.body.items[0]?.plan ?? seen;
    const body = { planId, digest, idempotencyKey: key };
    return running.ask('POST', '/api/v1/approvals', { role: 'viewer', headers, body });
  };
  let seen: { id: string; digest: string };
  beforeEach(async () => {
    const { planId, digest } = await running.proposed();
    seen = { id: planId, digest };
  });

  it('needs the secret of its route and a verified person, and records that person', async () => {
    const answer = await decide({ 'X-Kubewise-Approve': approveSecret, 'X-Grafana-Id': await token() });
    expect(answer).toMatchObject({ status: 200, body: { phase: 'Approved' } });
    expect(answer.body.approvals).toMatchObject([{ subject: 'user:7', issuer: url, digest: seen.digest }]);
  });

  it.each([
    ['no secret', async () => ({ 'X-Grafana-Id': await token() }), 'Forbidden'],
    ['a wrong secret', async () => ({ 'X-Kubewise-Approve': 'x', 'X-Grafana-Id': await token() }), 'Forbidden'],
    ['no person', async () => ({ 'X-Kubewise-Approve': approveSecret }), 'NoIdentity'],
    [
      'a forged person',
      async () => ({ 'X-Kubewise-Approve': approveSecret, 'X-Grafana-Id': await token({}, { ...second, kid: 'k1' }) }),
      'BadToken',
    ],
    [
      'names that a client can write',
      async () => ({ 'X-Kubewise-Approve': approveSecret, 'X-Grafana-User': 'admin', 'X-Grafana-Role': 'Admin' }),
      'NoIdentity',
    ],
  ])('is refused with %s', async (_, headers, reason) => {
    expect(await decide(await headers())).toMatchObject({ status: 403, body: { reason } });
    expect((await running.store.incidents.get('incident-1'))?.phase).toBe('Proposed');
  });

  it('changes nothing when what was sent is sent again', async () => {
    const headers = { 'X-Kubewise-Approve': approveSecret, 'X-Grafana-Id': await token() };
    await decide(headers);
    const again = await decide(headers);
    expect(again.headers.get('idempotent-replayed')).toBe('true');
    expect((await running.store.incidents.get('incident-1'))?.approvals).toHaveLength(1);
  });

  it('does not make a person out of a token that is the caller’s own: a bad identity refuses any change', async () => {
    const headers = { 'X-Grafana-Id': await token({ exp: now - 600 }) };
    const path = '/api/v1/incidents/incident-1/acknowledge';
    expect(await running.ask('POST', path, { role: 'operator', headers })).toMatchObject({ status: 403 });
    const good = { 'X-Grafana-Id': await token() };
    const answer = await running.ask('POST', path, { role: 'operator', headers: good });
    expect(answer.body.acknowledgedBy).toBe('user:7');
  });
});
