import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';
import { rbacManifests } from '../../backend/src/cli/rbac.ts';
import { settingNames } from '../../backend/src/config.ts';
import { home } from '../../backend/src/app.ts';
import { parseKubeconfig } from '../cluster/client/index.ts';
import {
  createClient,
  resourceOf,
  resourceOfObject,
  startCluster,
  type Cluster,
  type KubeObject,
} from '../cluster/index.ts';

const folder = join(home, 'deploy', 'kubernetes');
const documents = (name: string): KubeObject[] =>
  parseAllDocuments(readFileSync(join(folder, name), 'utf8')).map((one) => one.toJS() as KubeObject);
const { resources } = parse(readFileSync(join(folder, 'kustomization.yaml'), 'utf8')) as { resources: string[] };

describe('the Kubernetes manifests, applied to an API server', () => {
  const user = 'system:serviceaccount:kubewise:kubewise';
  let cluster: Cluster;
  let own: Cluster['client'];

  beforeAll(async () => {
    cluster = await startCluster({
      nodes: 1,
      api: { tokens: [{ token: 'token-of-the-account', user, groups: ['system:serviceaccounts'] }] },
    });
    own = createClient(parseKubeconfig(cluster.kubeconfig(user)), cluster.clock);
    for (const object of resources.flatMap(documents))
      await cluster.client.create(resourceOfObject(object), object, { fieldManager: 'kubectl' });
  });
  afterAll(() => cluster.close());

  test('each object is there as it was written', async () => {
    for (const object of resources.flatMap(documents)) {
      const { name, namespace } = object.metadata;
      const found = await cluster.client.get(resourceOfObject(object), { name, ...(namespace && { namespace }) });
      expect(found, `${object.kind} ${name}`).toMatchObject({ kind: object.kind, metadata: { name } });
    }
  });

  test('the account may watch workloads, and neither read Secrets nor write', async () => {
    await expect(own.list(resourceOf('Deployment'), {})).resolves.toBeDefined();
    await expect(own.list(resourceOf('Secret'), {})).rejects.toMatchObject({ status: 403 });
    await expect(own.list(resourceOf('ConfigMap'), {})).rejects.toMatchObject({ status: 403 });
    await expect(
      own.remove(resourceOf('Deployment'), { namespace: 'kubewise', name: 'kubewise' }),
    ).rejects.toMatchObject({ status: 403 });
  });

  test('the rights are those that `kubewise rbac` prints', () => {
    const printed = rbacManifests({ actions: 'none', name: 'kubewise', serviceAccount: 'kubewise/kubewise' });
    expect(documents('rbac.yaml').slice(1)).toEqual(printed);
  });

  test('Service, ServiceMonitor, NetworkPolicy and Deployment mean the same pods and port', () => {
    const [service] = documents('service.yaml');
    const [monitor] = documents('servicemonitor.yaml');
    const [policy] = documents('networkpolicy.yaml');
    const [deployment] = documents('deployment.yaml');
    const labels: unknown = deployment?.['spec'].template.metadata.labels;
    expect(labels).toEqual(service?.['spec'].selector);
    expect(labels).toEqual(policy?.['spec'].podSelector.matchLabels);
    expect(service?.metadata.labels).toMatchObject(monitor?.['spec'].selector.matchLabels as object);
    expect(monitor?.['spec'].endpoints[0]).toMatchObject({ port: service?.['spec'].ports[0].name, honorLabels: true });
    const [{ containerPort, name }] = deployment?.['spec'].template.spec.containers[0].ports as [
      { containerPort: number; name: string },
    ];
    expect(name).toBe(service?.['spec'].ports[0].targetPort);
    expect(containerPort).toBe(policy?.['spec'].ingress[0].ports[0].port);
  });
});

interface Compose {
  readonly services: Readonly<
    Record<
      string,
      {
        readonly environment?: Readonly<Record<string, string>>;
        readonly volumes?: readonly string[];
        readonly ports?: readonly string[];
        readonly profiles?: readonly string[];
      }
    >
  >;
  readonly volumes: Readonly<Record<string, unknown>>;
}

describe('docker-compose.yml', () => {
  const compose = parse(readFileSync(join(home, 'docker-compose.yml'), 'utf8'), { merge: true }) as Compose;
  const services = Object.entries(compose.services);

  test('what it mounts exists, and what it publishes stays on loopback', () => {
    for (const [name, { volumes = [], ports = [] }] of services) {
      for (const source of volumes.map((one) => one.split(':')[0] ?? ''))
        if (source.startsWith('.') && source !== './plugin/dist')
          expect(existsSync(join(home, source)), source).toBe(true);
        else if (/^\w[\w-]*$/.test(source)) expect(compose.volumes, name).toHaveProperty(source);
      for (const port of ports) expect(port, name).toMatch(/^127\.0\.0\.1:/);
    }
  });

  test('KubeWise gets settings that exist, and Grafana all that provisioning names', () => {
    for (const name of ['kubewise', 'kubewise-cluster'])
      for (const setting of Object.keys(compose.services[name]?.environment ?? {}))
        expect(settingNames).toContain(setting);
    const given = Object.keys(compose.services['grafana']?.environment ?? {});
    for (const file of ['datasources/kubewise.yaml', 'alerting/contact-point.yaml']) {
      const text = readFileSync(join(home, 'provisioning', file), 'utf8');
      const named = [...text.matchAll(/: \$(\w+)/g)].map((one) => one[1] ?? '');
      expect(named.length, file).toBeGreaterThan(0);
      for (const variable of named) expect(given).toContain(variable);
    }
  });

  test('profiles: MongoDB and an existing cluster are asked for, the rest comes up by itself', () => {
    const asked = services.flatMap(([, { profiles = [] }]) => profiles);
    expect(asked.sort()).toEqual(['existing-cluster', 'mongodb']);
    expect(compose.services).toMatchObject({ grafana: {}, prometheus: {}, kubewise: {} });
  });

  const programs = [['docker', 'compose'], ['docker-compose']] as const;
  const found = programs.find(([program, ...args]) => spawnSync(program, [...args, 'version']).status === 0);
  if (!found) console.log('skipped: docker compose absent');
  test.skipIf(!found)('docker compose accepts it, alone and with each profile', () => {
    const [program, ...args] = found ?? expect.fail();
    for (const profile of [[], ['--profile', 'mongodb'], ['--profile', 'existing-cluster']]) {
      const file = ['-f', join(home, 'docker-compose.yml'), ...profile, 'config', '-q'];
      const ran = spawnSync(program, [...args, ...file], { encoding: 'utf8' });
      expect(ran.status, ran.stderr).toBe(0);
    }
  });
});
