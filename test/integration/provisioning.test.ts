import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { metrics } from '../../backend/src/adapters/telemetry/index.ts';
import { createApp, home, type App } from '../../backend/src/app.ts';
import { loadConfig } from '../../backend/src/config.ts';
import { demoFaults, startShopCluster } from '../cluster/index.ts';
import { instant, isThere, startPrometheus, type Started } from './prometheus.ts';
import { dashboards, filled } from './provisioned.ts';

const programs = ['prometheus', 'promtool'].map(isThere).every(Boolean);
const read = (...path: string[]): string => readFileSync(join(home, ...path), 'utf8');

/** Labels that Prometheus itself and an operator's ServiceMonitor put on every series. */
const ofTargets = ['job', 'instance', 'namespace', 'pod', 'container', 'endpoint', 'service', 'le'];
const operatorLabels = {
  namespace: 'monitoring',
  pod: 'kubewise-0',
  container: 'kubewise',
  endpoint: 'http',
  service: 'kubewise',
};
/** From prom-client's own collector; not on our page. */
const ofProcess = ['up', 'process_resident_memory_bytes'];

interface Query {
  readonly where: string;
  readonly expr: string;
}
interface Rules {
  readonly groups: readonly { readonly rules: readonly { readonly expr: string; readonly alert?: string }[] }[];
}
interface GrafanaRules {
  readonly groups: readonly {
    readonly rules: readonly {
      readonly title: string;
      readonly labels: Readonly<Record<string, string>>;
      readonly annotations: Readonly<Record<string, string>>;
      readonly data: readonly { readonly datasourceUid: string; readonly model: { readonly expr?: string } }[];
    }[];
  }[];
}

const rules = parse(read('deploy', 'prometheus', 'rules.yaml')) as Rules;
const grafanaRules = (parse(read('provisioning', 'alerting', 'rules.yaml')) as GrafanaRules).groups.flatMap(
  (group) => group.rules,
);

const queries: readonly Query[] = [
  ...dashboards.flatMap((dashboard) =>
    dashboard.panels.flatMap(({ title, targets = [] }) =>
      targets.flatMap(({ expr }) =>
        expr ? [{ where: `${dashboard.title}: ${title}`, expr: filled(dashboard, expr, 3600) }] : [],
      ),
    ),
  ),
  ...rules.groups.flatMap((group) => group.rules.map(({ alert, expr }) => ({ where: alert ?? 'record', expr }))),
  ...grafanaRules.flatMap((rule) =>
    rule.data.flatMap(({ model }) => (model.expr ? [{ where: `Grafana: ${rule.title}`, expr: model.expr }] : [])),
  ),
];

test('dashboards name no data source by uid, and no two have the same uid', () => {
  for (const { title, panels } of dashboards)
    for (const { datasource, targets } of panels)
      if (targets) expect(['${datasource}', '${kubewise}'], title).toContain(datasource?.uid);
  expect(new Set(dashboards.map((one) => one.uid)).size).toBe(dashboards.length);
});

test('the overview that the plugin carries is the provisioned one', () => {
  const bundled: unknown = JSON.parse(read('plugin', 'src', 'dashboards', 'overview.json'));
  expect(bundled).toEqual(dashboards.find((one) => one.uid === 'kubewise-overview'));
});

test('every alert exists in Prometheus and in Grafana, short, with links and marked as our own', () => {
  const alerts = rules.groups.flatMap((group) => group.rules.flatMap(({ alert }) => alert ?? []));
  expect(grafanaRules.map((one) => one.title)).toEqual(alerts);
  for (const { title, labels, annotations } of grafanaRules) {
    expect(title.length).toBeLessThanOrEqual(80);
    expect(labels['source'], title).toBe('kubewise');
    expect(annotations).toMatchObject({ runbook_url: expect.any(String), dashboard_url: expect.any(String) });
  }
});

const scraped = 'max(kubewise_plans_waiting) > 0 and max(kubewise_incident_open) > 0 and max(up{job="kubewise"}) == 1';

describe.skipIf(!programs)('with a real Prometheus', () => {
  const data = mkdtempSync(join(tmpdir(), 'kubewise-provisioning-'));
  const ends: (() => Promise<void>)[] = [];
  let app: App;
  let prometheus: Started;
  let workloads: readonly string[] = [];

  beforeAll(async () => {
    const cluster = await startShopCluster({ speed: 30, pastDays: 1, start: Math.floor(Date.now() / 1000) });
    ends.push(() => cluster.close());
    writeFileSync(join(data, 'kubeconfig.yaml'), cluster.kubeconfig('admin'));
    const { config } = loadConfig({
      KUBECONFIG: join(data, 'kubeconfig.yaml'),
      PROM_URL: cluster.prometheusUrl,
      DATA_DIR: data,
      PORT: '0',
      WARM_START_DAYS: '1',
      PROM_POLL_INTERVAL: '30',
      CLUSTER_NAME: 'scraped',
    });
    app = await createApp({ config, clock: cluster.clock, logTo: join(data, 'kubewise.log') });
    ends.push(() => app.stop());
    await app.start();
    prometheus = await startPrometheus({ kubewise: `${app.url}/metrics` }, 2, {
      labels: operatorLabels,
      token: app.token,
    });
    ends.push(() => prometheus.stop());
    workloads = cluster.shop.profiles
      .filter((one) => one.kind === 'Deployment' && one.namespace === 'shop')
      .map((one) => one.name);
    await demoFaults(cluster.ground)
      .find((one) => one.kind === 'bad-release')
      ?.inject();
    for (let tries = 0; tries < 180 && (await app.operations.plans()).length === 0; tries += 1) await pause(500);
    // What the tests ask about has to have been scraped, however slow this machine is.
    for (let tries = 0; tries < 120 && !(await instant(prometheus.url, scraped)); tries += 1) await pause(500);
  });
  afterAll(async () => {
    for (const end of ends.reverse()) await end();
    rmSync(data, { recursive: true, force: true });
  });

  async function ask<T>(path: string, params: Readonly<Record<string, string>> = {}): Promise<T> {
    const answer = await fetch(`${prometheus.url}/api/v1/${path}?${new URLSearchParams(params).toString()}`);
    const body = (await answer.json()) as { status: string; error?: string; data: T };
    expect(body.status, `${params['query'] ?? path}: ${body.error ?? ''}`).toBe('success');
    return body.data;
  }

  test('every query of dashboards and rules parses and runs', async () => {
    for (const { where, expr } of queries) {
      const { resultType } = await ask<{ resultType: string }>('query', { query: expr });
      expect(resultType, where).toBe('vector');
    }
  });

  test('every metric is exported, and every label belongs to its metric', async () => {
    const exported = await ask<Record<string, unknown>>('metadata');
    for (const { where, expr } of queries) {
      const own = [...expr.matchAll(/\b(kubewise_[a-z0-9_]+|up|process_resident_memory_bytes)\b/g)].map(
        ([name]) => name,
      );
      const names = own.map((name) => name.replace(/_(bucket|count|sum)$/, ''));
      for (const name of names.filter((one) => !ofProcess.includes(one))) expect(exported, where).toHaveProperty(name);
      const known = new Set([...ofTargets, ...names.flatMap((name) => metrics[name]?.labels ?? [])]);
      const recorded = [...expr.matchAll(/kubewise:\w+/g)].length > 0 ? ['verdict', 'action_type', 'namespace'] : [];
      for (const label of labelsIn(expr)) expect([...known, ...recorded], `${where}: ${label}`).toContain(label);
    }
  });

  test('the queries about now find something, and the workload keeps its own namespace', async () => {
    for (const query of [
      'sum(kubewise_incidents_by_phase) > 0',
      'sum(kubewise_detector_series) > 0',
      'max by (cluster, namespace, workload_kind, workload, severity) (kubewise_incident_open) > 0',
      'max(kubewise_plans_waiting) > 0',
      'max(up{job="kubewise"}) == 1',
    ])
      expect((await ask<{ result: unknown[] }>('query', { query })).result.length, query).toBeGreaterThan(0);
    const spaces = await ask<string[]>('label/namespace/values', { 'match[]': 'kubewise_incident_open' });
    expect(spaces).toContain('shop');
    expect(spaces).not.toContain('monitoring');
  });

  test('an alert of ours that comes back opens nothing, one of yours does', async () => {
    const known = (await app.ports.store.incidents.find({ limit: 100 })).map((one) => one.target.name);
    const healthy = workloads.find((name) => !known.includes(name)) ?? expect.fail('everything is ill');
    const labels = { namespace: 'shop', deployment: healthy, severity: 'critical' };
    const about = async (): Promise<number> =>
      (await app.ports.store.incidents.find({ limit: 100 })).filter((one) => one.target.name === healthy).length;
    expect(await about()).toBe(0);
    await post({ ...labels, alertname: 'KubeWiseIncidentOpen', source: 'kubewise' });
    await post({ ...labels, alertname: 'Anything', source: 'kubewise' });
    await pause(5000);
    expect(await about()).toBe(0);
    await post({ ...labels, alertname: 'CheckoutFails' });
    for (let tries = 0; tries < 40 && (await about()) === 0; tries += 1) await pause(500);
    expect(await about()).toBe(1);
  });

  async function post(labels: Readonly<Record<string, string>>): Promise<void> {
    const startsAt = new Date(app.ports.clock.now() * 1000).toISOString();
    const answer = await fetch(`${app.url}/api/v1/alerts`, {
      method: 'POST',
      headers: { authorization: `Bearer ${app.token}`, 'content-type': 'application/json' },
      body: JSON.stringify({ version: '4', status: 'firing', alerts: [{ status: 'firing', labels, startsAt }] }),
    });
    expect(answer.status).toBe(200);
  }

  test('promtool accepts the rules and their own tests', () => {
    for (const args of [
      ['check', 'rules', join(home, 'deploy', 'prometheus', 'rules.yaml')],
      ['test', 'rules', join(home, 'deploy', 'prometheus', 'rules.test.yaml')],
    ]) {
      const ran = spawnSync('promtool', args, { encoding: 'utf8' });
      expect(ran.status, ran.stdout + ran.stderr).toBe(0);
    }
  });
});

/** Labels that an expression matches or groups by. */
const labelsIn = (expr: string): string[] => [
  ...[...expr.matchAll(/\bby \(([^)]*)\)/g)].flatMap(([, list = '']) => list.split(',').map((one) => one.trim())),
  ...[...expr.matchAll(/\{([^}]*)\}/g)].flatMap(([, list = '']) =>
    [...list.matchAll(/(\w+)\s*[=!]/g)].map((one) => one[1] ?? ''),
  ),
];
