import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createApp, home, type App } from '../../backend/src/app.ts';
import { loadConfig } from '../../backend/src/config.ts';
import type { Incident } from '../../backend/src/model/index.ts';
import { demoFaults, startShopCluster, type ShopCluster } from '../cluster/index.ts';
import { isEmpty, pluginDatasource, type PluginDatasource } from './plugin-datasource.ts';
import { isThere, startPrometheus, type Started } from './prometheus.ts';
import { dashboards, filled, type Dashboard, type Panel, type PanelTarget } from './provisioned.ts';

const programs = isThere('prometheus');

/** Cluster seconds per second. */
const speed = 60;
const patience = { poll: 500, minutes: 12 };

async function until<T>(what: string, look: () => Promise<T | undefined>): Promise<T> {
  const end = Date.now() + patience.minutes * 60_000;
  for (; Date.now() < end; await pause(patience.poll)) {
    const found = await look();
    if (found !== undefined) return found;
  }
  throw new Error(`${what}: did not happen within ${patience.minutes} minutes`);
}

/** A local Gemini: always the same proposal, with the tokens it took. */
async function startGemini(proposal: () => object): Promise<{ url: string; stop(): void }> {
  const server = createServer((request, response) => {
    request.resume();
    request.on('end', () => {
      response.writeHead(200, { 'content-type': 'application/json' });
      response.end(
        JSON.stringify({
          candidates: [{ content: { role: 'model', parts: [{ text: JSON.stringify(proposal()) }] } }],
          usageMetadata: { promptTokenCount: 1200, candidatesTokenCount: 80 },
        }),
      );
    });
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, stop: () => void server.close() };
}

/** The demo's three faults to their end: the first plan approved by a person, the others by policy, and what people do besides. */
describe.skipIf(!programs)('every panel of every dashboard, over a recorded run of the demo', () => {
  const data = mkdtempSync(join(tmpdir(), 'kubewise-dashboards-'));
  const ends: (() => Promise<void> | void)[] = [];
  const began = Date.now();
  const shown = new Set<string>();
  let cluster: ShopCluster;
  let clusterBegan: number;
  let app: App;
  let prometheus: Started;
  let kubewise: PluginDatasource;
  let healthy: string;

  const incidents = (): Promise<readonly Incident[]> => app.ports.store.incidents.find({ limit: 200 });

  async function post(path: string, body: object, token = app.token): Promise<unknown> {
    const answer = await fetch(`${app.url}/api/v1/${path}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
    return answer.json();
  }

  function alertAbout(name: string, status: 'firing' | 'resolved'): Promise<unknown> {
    const startsAt = new Date(app.ports.clock.now() * 1000).toISOString();
    const labels = { alertname: 'SomethingElse', namespace: 'shop', deployment: name, severity: 'warning' };
    return post('alerts', { version: '4', status, alerts: [{ status, labels, startsAt, endsAt: startsAt }] });
  }

  /** Remembers which KubeWise panels have something to show at this moment. */
  async function look(): Promise<void> {
    const range = { from: clusterBegan * 1000, to: app.ports.clock.now() * 1000 };
    for (const { where, target } of targetsOf('kubewise-datasource'))
      if (!isEmpty(await kubewise.ask(target, range))) shown.add(where);
  }

  const proposedOn = (wanted: (incident: Incident) => boolean) =>
    until('a plan', async () => (await incidents()).find((one) => one.phase === 'Proposed' && wanted(one)));
  const allOver = () =>
    until('the end of all incidents', async () =>
      (await incidents()).every((one) => one.closedAt !== undefined) ? true : undefined,
    );

  beforeAll(async () => {
    cluster = await startShopCluster({ speed, pastDays: 1, start: Math.floor(Date.now() / 1000) });
    ends.push(() => cluster.close());
    clusterBegan = cluster.clock.now();
    const deployments = cluster.shop.profiles.filter((one) => one.kind === 'Deployment' && one.namespace === 'shop');
    const gemini = await startGemini(() => ({
      reasoning: 'A restart cannot hurt.',
      steps: [
        {
          ...{ id: 'restart', action: 'restart_deployment' },
          params: Object.entries({ name: healthy, ns: 'shop' }).map(([name, value]) => ({ name, value })),
        },
      ],
    }));
    ends.push(() => gemini.stop());
    writeFileSync(join(data, 'kubeconfig.yaml'), cluster.kubeconfig('admin'));
    const { config } = loadConfig({
      ...{ KUBECONFIG: join(data, 'kubeconfig.yaml'), PROM_URL: cluster.prometheusUrl, DATA_DIR: data, PORT: '0' },
      ...{ WARM_START_DAYS: '1', PROM_POLL_INTERVAL: '30', CLUSTER_NAME: 'recorded', REMEDIATION_MODE: 'MANUAL' },
      POLICY_FILE: join(home, 'deploy', 'demo', 'policy.yaml'),
      ...{ GEMINI_API_KEY: 'key-of-the-stand-in', GEMINI_BASE_URL: gemini.url, MODEL_PRICE_INPUT: '0.1' },
    });
    app = await createApp({ config, clock: cluster.clock, logTo: join(data, 'kubewise.log') });
    ends.push(() => app.stop());
    await app.start();
    prometheus = await startPrometheus({ kubewise: `${app.url}/metrics` }, 2, { token: app.token });
    ends.push(() => prometheus.stop());
    kubewise = await pluginDatasource(app.url, app.token);
    const touched = new Set(demoFaults(cluster.ground).map((one) => one.title));
    healthy =
      deployments.map((one) => one.name).find((name) => ![...touched].some((title) => title.includes(name))) ??
      expect.fail('every deployment has a fault');
  }, 300_000);
  afterAll(async () => {
    for (const end of ends.reverse()) await end();
    rmSync(data, { recursive: true, force: true });
  }, 60_000);

  test('the run: three faults, a person, the policy, a model, an alert', { timeout: 40 * 60_000 }, async () => {
    const [first, ...others] = demoFaults(cluster.ground);
    await first?.inject();
    const { plan } = await proposedOn(() => true);
    await look();
    await post('approvals', { planId: plan?.id, digest: plan?.digest, idempotencyKey: 'approved-first' });
    await allOver();
    await post('mode', { mode: 'AUTO' });
    for (const fault of others) {
      const since = app.ports.clock.now();
      await fault.inject();
      // What is put right at once may never be seen broken: the incident tells that it was.
      await until(fault.title, async () => (await incidents()).find(({ openedAt }) => openedAt >= since));
      await allOver();
      await until(`the end of ${fault.title}`, async () => (fault.recovered().met ? true : undefined));
    }
    await post('mode', { mode: 'MANUAL' });
    await alertAbout(healthy, 'firing');
    const asked = await proposedOn((one) => one.plan?.author.kind === 'Model');
    await post('rejections', { planId: asked.plan?.id, reason: 'it is well', idempotencyKey: 'rejected-models' });
    await alertAbout(healthy, 'resolved');
    const [right, wrong] = await app.ports.store.anomalies.find({ limit: 2 });
    await post('feedback', { anomalyId: right?.id, verdict: 'TruePositive' });
    await post('feedback', { anomalyId: wrong?.id, verdict: 'FalsePositive' });
    await expect(post('mode', { mode: 'AUTO' }, 'nobody knows this token')).rejects.toThrow('401');
    await allOver();
    await look();
  });

  test('a panel of KubeWise’s data source shows rows, through the plugin’s own code', () => {
    const panels = targetsOf('kubewise-datasource').map(({ where }) => where);
    expect(panels.length).toBeGreaterThan(0);
    expect(panels.filter((where) => !shown.has(where))).toEqual([]);
  });

  test('a dashboard asks KubeWise once for what several of its panels and layers show', async () => {
    const range = { from: clusterBegan * 1000, to: app.ports.clock.now() * 1000 };
    for (const { title, panels, annotations } of dashboards) {
      const layers = annotations.list.flatMap(({ target }) => target ?? []);
      const targets = panels.filter((one) => isOf(one, 'kubewise-datasource')).flatMap((one) => one.targets ?? []);
      kubewise.requests.length = 0;
      await Promise.all([...targets, ...layers].map((query) => kubewise.ask(query, range)));
      const kinds = new Set(targets.map(({ kind }) => (kind === 'actions' ? 'annotations' : kind)));
      if (layers.length > 0) kinds.add('annotations');
      expect(kubewise.requests.length, `${title}: ${kubewise.requests.join('\n')}`).toBe(kinds.size);
    }
  });

  test('a panel of Prometheus shows numbers', async () => {
    const panels = targetsOf('prometheus');
    const empty = async () => {
      const found = await Promise.all(panels.map(async (one) => ({ one, numbers: await numbersOf(one) })));
      return found.filter(({ numbers }) => numbers === 0).map(({ one }) => `${one.where}: ${one.target.expr ?? ''}`);
    };
    // The last steps have to be scraped.
    for (let tries = 0; tries < 60 && (await empty()).length > 0; tries += 1) await pause(patience.poll);
    expect(await empty()).toEqual([]);
  });

  test('the numbers are those of the run', async () => {
    const number = async (expr: string): Promise<number> =>
      (await valuesOf(`query?${new URLSearchParams({ query: expr }).toString()}`))[0] ?? NaN;
    expect(await number('sum(kubewise_incidents_closed_total{phase="Resolved",decided_by="person"})')).toBe(1);
    expect(await number('sum(kubewise_incidents_closed_total{phase="Resolved",decided_by="policy"})')).toBe(2);
    expect(await number('sum(kubewise_approvals_total{decision="Rejected"})')).toBe(1);
    const cost = dashboards.flatMap(({ panels }) => panels).find(({ title }) => title === 'Cost of the model')
      ?.targets?.[0]?.expr;
    const asked = await number('sum(kubewise_model_tokens_total{direction="input"})');
    expect(asked % 1200).toBe(0);
    expect(await number(cost ?? '')).toBeCloseTo((asked * 0.1) / 1e6, 12);
  });

  async function valuesOf(path: string): Promise<readonly number[]> {
    const answer = await fetch(`${prometheus.url}/api/v1/${path}`);
    const { data: found, error } = (await answer.json()) as {
      data?: { result: { value?: [number, string]; values?: [number, string][] }[] };
      error?: string;
    };
    if (!found) throw new Error(`${decodeURIComponent(path)}: ${error ?? answer.status}`);
    return found.result
      .flatMap(({ value, values = [] }) => [...values, ...(value ? [value] : [])])
      .map(([, text]) => Number(text));
  }

  /** How many numbers a panel's query finds over the run, asked as Grafana asks. */
  async function numbersOf({ dashboard, target }: Target): Promise<number> {
    const now = Date.now();
    const query = filled(dashboard, target.expr ?? '', (now - began) / 1000);
    const path = target.instant
      ? `query?${new URLSearchParams({ query }).toString()}`
      : `query_range?${new URLSearchParams({ query, start: String(began / 1000), end: String(now / 1000), step: '5' }).toString()}`;
    return (await valuesOf(path)).filter(Number.isFinite).length;
  }
});

interface Target {
  readonly where: string;
  readonly dashboard: Dashboard;
  readonly target: PanelTarget;
}
const isOf = ({ datasource }: Panel, type: string): boolean => datasource?.type === type;
const targetsOf = (type: string): readonly Target[] =>
  dashboards.flatMap((dashboard) =>
    dashboard.panels
      .filter((panel) => isOf(panel, type))
      .flatMap(({ title, targets = [] }) =>
        targets.map((target) => ({ where: `${dashboard.title}: ${title} (${target.refId})`, dashboard, target })),
      ),
  );
