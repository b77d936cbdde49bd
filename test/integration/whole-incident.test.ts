import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, describe, expect, test } from 'vitest';
import { createApp } from '../../backend/src/app.ts';
import { loadConfig } from '../../backend/src/config.ts';
import type { Incident } from '../../backend/src/model/index.ts';
import { resourceOf } from '../cluster/client/index.ts';
import { demoFaults } from '../cluster/faults/index.ts';
import { startControlPlane } from './control-plane.ts';
import { instant, isThere, startNodeExporter, startPrometheus } from './prometheus.ts';
import { startShopOnControlPlane } from './shop-on-control-plane.ts';

const programs = ['prometheus', 'prometheus-node-exporter'].map(isThere).every(Boolean);
const plane = programs ? await startControlPlane() : undefined;
const folder = mkdtempSync(join(tmpdir(), 'kubewise-whole-'));

/** The product's own runbook, with less patience: real time passes here. */
const runbook = `
- id: rollback-crashing-revision
  class: BadRollout
  title: Back to the revision that worked
  steps:
    - { id: rollback, action: rollback_deployment, params: { name: '{{name}}', ns: '{{ns}}' } }
  verify: { recover: [{ metricType: waiting }, { metricType: replicas }], stableSeconds: 30, deadlineSeconds: 300 }
`;

describe.skipIf(!plane)('a whole incident over a real Prometheus and a real control plane', () => {
  const ends: (() => Promise<void>)[] = [];
  afterAll(async () => {
    for (const end of ends.reverse()) await end();
    await plane?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  test('a bad rollout goes from Firing to Resolved', { timeout: 480_000 }, async () => {
    const kubeconfig = plane?.admin ?? '';
    const shop = await startShopOnControlPlane(kubeconfig, 3);
    ends.push(() => shop.close());
    const exporter = await startNodeExporter();
    ends.push(() => exporter.stop());
    const prometheus = await startPrometheus({ shop: shop.metricsUrl, node: `${exporter.url}/metrics` }, 5);
    ends.push(() => prometheus.stop());
    mkdirSync(join(folder, 'runbooks'));
    writeFileSync(join(folder, 'runbooks', 'rollback.yaml'), runbook);
    writeFileSync(join(folder, 'policy.yaml'), 'rules: [{ actions: [rollback_deployment], autonomy: Auto }]\n');
    const { config } = loadConfig({
      PROM_URL: prometheus.url,
      KUBECONFIG: kubeconfig,
      CLUSTER_NAME: 'real',
      DATA_DIR: folder,
      PORT: '0',
      LOG_LEVEL: 'error',
      PROM_POLL_INTERVAL: '5',
      WARM_START_DAYS: '0',
      REMEDIATION_MODE: 'AUTO',
      POLICY_FILE: join(folder, 'policy.yaml'),
      RUNBOOKS_DIR: join(folder, 'runbooks'),
    });
    const app = await createApp({ config });
    ends.push(() => app.stop());
    await app.start();
    await until(async () => ((await instant(prometheus.url, 'count(kube_pod_info)')) ?? 0) > 20, 60);

    const fault = demoFaults(shop.ground).find((one) => one.kind === 'bad-release');
    const { rootCause } = (await fault?.inject()) ?? expect.fail('the demo has no bad release');
    let last = '';
    const incident = await until(async () => {
      const found = (await app.ports.store.incidents.find({ limit: 50 })).find(
        (one) => one.target.name === rootCause.name && one.target.kind === 'Deployment',
      );
      last = found ? `${found.phase}: ${found.message}` : 'no incident';
      return found?.phase === 'Resolved' ? found : undefined;
    }, 360).catch((error: unknown) => {
      throw new Error(`${String(error)}; the incident stands at ${last}`);
    });

    expect(phases(incident)).toEqual([
      'Firing',
      'Diagnosed',
      'Proposed',
      'Approved',
      'Remediating',
      'Verifying',
      'Resolved',
    ]);
    expect(incident.causes[0]?.class).toBe('BadRollout');
    expect(incident.outcome?.verdict).toBe('Fixed');
    // The numbers came from Prometheus, and Prometheus says that it was asked for them.
    expect(incident.outcome?.measurements.map((one) => one.name)).toEqual(expect.arrayContaining(['waiting']));
    const served = await (await fetch(`${prometheus.url}/metrics`)).text();
    expect(served).toMatch(/prometheus_http_requests_total\{code="200",handler="\/api\/v1\/query"\} \d{2,}/);
    // The write is in the API server's own record of who changed what.
    const deployment = await shop.ground.client.get(resourceOf('Deployment'), {
      namespace: rootCause.namespace,
      name: rootCause.name,
    });
    const managers = (deployment?.metadata.managedFields as { manager: string }[]).map((one) => one.manager);
    expect(managers).toContain('kubewise');
    expect(fault?.recovered().met, fault?.recovered().says.join('; ')).toBe(true);
  });
});

const phases = (incident: Incident): string[] =>
  incident.timeline.map((one) => one.phase).filter((phase, index, all) => phase !== all[index - 1]);

async function until<T>(look: () => Promise<T | undefined | false>, seconds: number): Promise<T> {
  for (const end = Date.now() + seconds * 1000; Date.now() < end; await pause(500)) {
    const found = await look();
    if (found) return found;
  }
  throw new Error(`did not happen within ${seconds} s: ${look.toString().slice(0, 200)}`);
}
