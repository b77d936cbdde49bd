import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Severity } from '../model/index.ts';
import { fakeIncident } from '../pipeline/ports.fake.ts';
import { anomaly, startServer, tokenOf, type Running } from './server.fake.ts';

let running: Running;
beforeEach(async () => void (running = await startServer()));
afterEach(() => running.stop());
const ask: Running['ask'] = (...given) => running.ask(...given);

describe('a request that is not valid', () => {
  it('is told every wrong field by name, and what would be right', async () => {
    const body = { planId: '', digest: 'short', idempotencyKey: 'x' };
    const answer = await ask('POST', '/api/v1/approvals', { role: 'admin', body });
    expect(answer.status).toBe(400);
    expect(answer.headers.get('content-type')).toContain('application/problem+json');
    expect(answer.body.errors.map((one: { field: string }) => one.field)).toEqual([
      'body.planId',
      'body.digest',
      'body.idempotencyKey',
    ]);
    expect(answer.body).toMatchObject({ reason: 'BadRequest', instance: '/api/v1/approvals' });
    expect(answer.body.requestId).toBe(answer.headers.get('x-request-id'));
  });

  it.each([
    ['GET', '/api/v1/incidents?limit=0', 400, 'query.limit'],
    ['GET', '/api/v1/incidents?cursor=nonsense', 400, 'query.cursor'],
    ['GET', '/api/v1/incidents?sort=title', 400, 'query.sort'],
    ['GET', '/api/v1/incidents?sort=severity&cursor=3', 400, 'query.cursor'],
    ['GET', '/api/v1/incidents?sort=severity&cursor=0.nonsense', 400, 'query.cursor'],
    ['GET', '/api/v1/incidents?sort=severity&skip=1', 400, 'query.skip'],
    ['GET', '/api/v1/series?from=2023-11-15T00:00:00Z&to=2023-11-14T00:00:00Z', 400, 'query.to'],
    ['GET', '/api/v1/anomalies?colour=red', 400, 'colour'],
    ['GET', '/api/v1/incidents/nobody', 404, 'nobody'],
    ['GET', '/api/v1/anomalies/nobody', 404, 'nobody'],
    ['GET', '/api/v1/jobs/nobody', 404, 'nobody'],
    ['GET', '/api/v1/nothing', 404, '/docs'],
    ['PUT', '/api/v1/incidents', 405, 'GET'],
    ['GET', '/api/v1/incidents/a%2fb', 400, 'encoded dots'],
  ])('%s %s is answered %i and names %s', async (method, path, status, named) => {
    const answer = await ask(method, path, { role: 'admin' });
    expect(answer.status).toBe(status);
    expect(answer.body.detail).toContain(named);
  });

  it('is refused by size, by type and when it is not JSON', async () => {
    const big = await ask('POST', '/api/v1/mode', { role: 'admin', body: { mode: 'x'.repeat(200_000) } });
    expect(big).toMatchObject({ status: 413, body: { reason: 'TooLarge' } });
    const headers = { 'Content-Type': 'text/plain' };
    expect(await ask('POST', '/api/v1/mode', { role: 'admin', headers })).toMatchObject({ status: 415 });
    expect(await ask('POST', '/api/v1/mode', { role: 'admin', body: '{"mode"' })).toMatchObject({ status: 400 });
  });
});

describe('what an installation does not have', () => {
  it('is 501 for people, and 404 for senders that would repeat a 5xx for ever', async () => {
    delete running.operations.backup;
    delete running.operations.receiveWrite;
    expect(await ask('POST', '/api/v1/backups', { role: 'admin' })).toMatchObject({ status: 501 });
    const write = await ask('POST', '/api/v1/write', { role: 'ingest', body: new Uint8Array([1]) });
    expect(write).toMatchObject({ status: 404, body: { reason: 'NoReceiver' } });
  });

  it('is 503 while the store or the watch is down', async () => {
    running.operations.components = async () => ({ Store: { status: 'down', message: 'disk full' } });
    expect(await ask('GET', '/readyz')).toMatchObject({ status: 503, body: { reason: 'NotReady' } });
    expect(await ask('GET', '/healthz')).toMatchObject({ status: 200 });
  });
});

describe('a decision', () => {
  const decide = (body: object, role: 'approver' | 'admin' = 'approver') =>
    ask('POST', '/api/v1/approvals', { role, body });

  it('names the digest that was read; another one is refused and the plan still waits', async () => {
    const { planId } = await running.proposed();
    const stale = await decide({ planId, digest: '0'.repeat(64), idempotencyKey: 'key-00001' });
    expect(stale).toMatchObject({ status: 412, body: { reason: 'PlanChanged' } });
    expect((await ask('GET', '/api/v1/plans', { role: 'viewer' })).body.items).toHaveLength(1);
  });

  it('is made once however often it is sent; its key serves no other decision', async () => {
    const plan = { ...(await running.proposed()), idempotencyKey: 'key-00001' };
    const first = await decide(plan);
    expect(first).toMatchObject({ status: 200, body: { phase: 'Approved' } });
    const again = await decide(plan);
    expect(again.status).toBe(200);
    expect(again.headers.get('idempotent-replayed')).toBe('true');
    expect(again.body.approvals).toHaveLength(1);
    expect(await decide(plan, 'admin')).toMatchObject({ status: 409, body: { reason: 'IdempotencyKeyReused' } });
    const late = await decide({ ...plan, idempotencyKey: 'key-00002' }, 'admin');
    expect(late).toMatchObject({ status: 409, body: { reason: 'NotProposed' } });
  });

  it('about a plan that another one took the place of is refused: look again', async () => {
    const first = await running.proposed();
    const steps = [{ id: 'command', command: 'scale_deployment name=web ns=shop replicas=3' }];
    const path = '/api/v1/incidents/incident-1/revision';
    const revised = await ask('POST', path, { role: 'operator', body: { digest: first.digest, steps } });
    expect(revised).toMatchObject({ status: 200, body: { phase: 'Proposed' } });
    const { id, digest } = revised.body.currentPlan;
    expect(digest).not.toBe(first.digest);
    const stale = await decide({ ...first, idempotencyKey: 'key-00004' });
    expect(stale).toMatchObject({ status: 412, body: { reason: 'PlanChanged' } });
    const again = await ask('POST', path, { role: 'operator', body: { digest: first.digest, steps } });
    expect(again).toMatchObject({ status: 412, body: { reason: 'PlanChanged' } });
    expect(await decide({ planId: id, digest, idempotencyKey: 'key-00005' })).toMatchObject({ status: 200 });
  });

  it('lets an operator stop everything and an admin alone start it again', async () => {
    expect(await ask('POST', '/api/v1/killswitch', { role: 'operator', body: { on: true } })).toMatchObject({
      body: { on: true },
    });
    expect(await ask('POST', '/api/v1/killswitch', { role: 'operator', body: { on: false } })).toMatchObject({
      status: 403,
    });
    const plan = { ...(await running.proposed()), idempotencyKey: 'key-00003' };
    expect(await decide(plan)).toMatchObject({ status: 409, body: { reason: 'KillSwitch' } });
  });
});

describe('a list', () => {
  it('is paged by a cursor without overlap, newest first', async () => {
    const first = await ask('GET', '/api/v1/anomalies?limit=2', { role: 'viewer' });
    const second = await ask('GET', `/api/v1/anomalies?limit=2&cursor=${first.body.next}`, { role: 'viewer' });
    const ids = [...first.body.items, ...second.body.items].map((one: { id: string }) => one.id);
    expect(ids).toEqual(['anomaly-3', 'anomaly-2', 'anomaly-1']);
    expect(second.body.next).toBeUndefined();
    const skipped = await ask('GET', '/anomalies?skip=1&limit=1', { role: 'viewer' });
    expect(skipped.body.items.map((one: { id: string }) => one.id)).toEqual(['anomaly-2']);
  });

  it('of incidents is sorted by severity or workload over all pages', async () => {
    const { openKey: _open, ...closed } = fakeIncident();
    const add = (id: string, severity: Severity, openedAt: number) =>
      running.store.incidents.insert({ ...closed, id, severity, openedAt, targetKey: `z/${id}` });
    await add('b-info', 'info', 9);
    await add('d-critical', 'critical', 1);
    await add('a-warning', 'warning', 5);
    await add('c-critical', 'critical', 2);
    const pages = async (query: string, limit: number): Promise<string[]> => {
      const ids: string[] = [];
      for (let next: string | undefined = ''; next !== undefined;) {
        const cursor: string = next && `&cursor=${next}`;
        const { body } = await ask('GET', `/api/v1/incidents?limit=${limit}&open=false&${query}${cursor}`, {
          role: 'viewer',
        });
        ids.push(...body.items.map((one: { id: string }) => one.id));
        next = body.next as string | undefined;
      }
      return ids;
    };
    const worstFirst = ['c-critical', 'd-critical', 'a-warning', 'b-info'];
    for (const limit of [1, 2, 3, 10]) expect(await pages('sort=severity', limit)).toEqual(worstFirst);
    expect(await pages('sort=severity&order=asc', 2)).toEqual(['b-info', 'a-warning', 'c-critical', 'd-critical']);
    expect(await pages('sort=severity&severity=critical,info', 1)).toEqual(['c-critical', 'd-critical', 'b-info']);
    expect(await pages('sort=targetKey&order=asc', 3)).toEqual(['a-warning', 'b-info', 'c-critical', 'd-critical']);
  });

  it('filters by what is asked', async () => {
    await running.store.anomalies.upsert([anomaly('closed', { open: false, startedAt: 1 })]);
    expect((await ask('GET', '/api/v1/anomalies?open=false', { role: 'viewer' })).body.items).toHaveLength(1);
    expect((await ask('GET', '/api/v1/incidents?namespace=other', { role: 'viewer' })).body.items).toEqual([]);
    expect((await ask('GET', '/api/v1/incidents?q=WEB&open=true', { role: 'viewer' })).body.items).toHaveLength(1);
  });

  it('is not sent again while its tag still holds', async () => {
    const first = await ask('GET', '/api/v1/incidents', { role: 'viewer' });
    // fetch would say no-cache by itself where a tag is given.
    const headers = { 'If-None-Match': first.headers.get('etag') ?? '', 'Cache-Control': 'max-age=0' };
    expect((await ask('GET', '/api/v1/incidents', { role: 'viewer', headers })).status).toBe(304);
    await ask('POST', '/api/v1/incidents/incident-1/acknowledge', { role: 'operator' });
    expect((await ask('GET', '/api/v1/incidents', { role: 'viewer', headers })).status).toBe(200);
  });
});

describe('a job', () => {
  const body = { from: '2023-11-14T00:00:00Z', to: '2023-11-14T01:00:00Z' };
  const until = async (id: string, state: string) => {
    for (let tries = 0; tries < 100; tries += 1) {
      const job = await ask('GET', `/api/v1/jobs/${id}`, { role: 'viewer' });
      if (job.body.state === state) return job.body;
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    throw new Error(`job ${id} did not become ${state}`);
  };

  it('is accepted at once, tells where it is and ends with its result', async () => {
    const started = await ask('POST', '/api/v1/backtests', { role: 'admin', body: { ...body, promql: 'up' } });
    expect(started.status).toBe(202);
    expect(started.headers.get('location')).toBe(`/api/v1/jobs/${started.body.id}`);
    const { result, progress } = await until(started.body.id, 'Succeeded');
    expect(progress).toBe(1);
    expect(result.incidents).toMatchObject([{ target: 'Deployment shop/web', from: '2023-11-14T00:00:00.000Z' }]);
  });

  it('is cancelled by who started it or by an admin', async () => {
    const { body: job } = await ask('POST', '/api/v1/backtests', { role: 'admin', body: { ...body, promql: 'slow' } });
    expect(await ask('POST', '/api/v1/jobs/cancel', { role: 'operator', body: { jobId: job.id } })).toMatchObject({
      status: 403,
    });
    await ask('POST', '/api/v1/jobs/cancel', { role: 'admin', body: { jobId: job.id } });
    expect((await until(job.id, 'Cancelled')).result).toBeUndefined();
  });
});

describe('alerts', () => {
  const alert = (status: string) => ({
    ...{ status, labels: { alertname: 'Slow', namespace: 'shop' }, fingerprint: 'f1' },
    ...{ startsAt: '2023-11-14T22:00:00Z', endsAt: '0001-01-01T00:00:00Z', generatorURL: 'x' },
  });

  it('are one per fingerprint, and the last word about it counts', async () => {
    const payload = { version: '4', receiver: 'kubewise', alerts: [alert('firing'), alert('resolved')] };
    await ask('POST', '/alerts', { role: 'ingest', body: payload });
    await ask('POST', '/alerts', { role: 'ingest', body: payload });
    const { items } = (await ask('GET', '/api/v1/alerts', { role: 'viewer' })).body;
    expect(items).toMatchObject([{ fingerprint: 'f1', status: 'resolved' }]);
    expect(items[0].endsAt).toBeUndefined();
  });
});

describe('the stream', () => {
  it('says hello and then every change of an incident, in the namespace that was asked for', async () => {
    const stop = new AbortController();
    const response = await fetch(`${running.url}/api/v1/incidents/stream?namespace=shop`, {
      headers: { Authorization: `Bearer ${tokenOf('viewer')}` },
      signal: stop.signal,
    });
    expect(response.headers.get('content-type')).toBe('text/event-stream');
    const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
    const target = { cluster: 'test', kind: 'Deployment', namespace: 'other', name: 'web' };
    await running.ledger.create(fakeIncident({ id: 'elsewhere', target, targetKey: 'else', openKey: 'else' }));
    await ask('POST', '/api/v1/incidents/incident-1/acknowledge', { role: 'operator' });
    let heard = '';
    while (!heard.includes('event: incident')) heard += (await reader.read()).value ?? '';
    expect(heard).toMatch(/^retry: 5000\nevent: hello/);
    expect(heard).toContain('"acknowledgedBy":"operator"');
    expect(heard).not.toContain('elsewhere');
    stop.abort();
  });
});

it('says what to do when the address is taken', async () => {
  const port = Number(new URL(running.url).port);
  await expect(startServer({}, port)).rejects.toThrow(/is taken by another program.*PORT/);
});
