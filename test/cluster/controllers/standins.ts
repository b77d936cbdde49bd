import { expect, it } from 'vitest';
import { resourceOf } from '../client/index.ts';
import { claimed, named, namespace, toolsOf, type Site } from './behaviour.ts';
import type { ControllerContext } from './controller.ts';
import { startGitOps } from './gitops.ts';
import { conditionOf } from './pods.ts';

const contextOf = ({ client, informers, clock }: Site): ControllerContext => ({
  ...{ client, informers, clock },
  onError: (error, what) => console.log(`retried: ${what}: ${String(error)}`),
});

/**
 * What storage, cert-manager, CloudNativePG and GitOps do beside Kubernetes. Run over the simulated control plane and over
 * a real one: there too these controllers are ours.
 */
export function standInsBehave(at: () => Site): void {
  it.concurrent('volumes: bind, grow, and can be photographed', async () => {
    const { create, until, read, client } = toolsOf(at());
    await create(claimed('files', '1Gi'));
    await until(
      'it is bound',
      async () => (await read('PersistentVolumeClaim', 'files'))?.['status'].phase === 'Bound',
    );
    await client.patch(resourceOf('PersistentVolumeClaim'), { namespace, name: 'files' }, 'merge-patch', {
      spec: { resources: { requests: { storage: '2Gi' } } },
    });
    await until(
      'it has grown',
      async () => (await read('PersistentVolumeClaim', 'files'))?.['status'].capacity.storage === '2Gi',
    );
    const snapshot = resourceOf('VolumeSnapshot');
    await create(
      named(snapshot.apiVersion, 'VolumeSnapshot', 'files', { source: { persistentVolumeClaimName: 'files' } }),
    );
    await until('it is ready', async () => (await read('VolumeSnapshot', 'files'))?.['status']?.readyToUse === true);
    expect((await read('VolumeSnapshot', 'files'))?.['status'].restoreSize).toBe('2Gi');
  });

  it.concurrent('certificates: a Secret that is renewed when asked for', async () => {
    const { create, until, read, client } = toolsOf(at());
    const certificate = resourceOf('Certificate');
    await create(named(certificate.apiVersion, 'Certificate', 'web', { secretName: 'web-tls', dnsNames: ['web'] }));
    const ready = await until('it is issued', async () => {
      const one = await read('Certificate', 'web');
      return conditionOf(one, 'Ready')?.['status'] === 'True' && one;
    });
    const secret = await read('Secret', 'web-tls');
    expect(secret?.['type']).toBe('kubernetes.io/tls');
    await client.patch(certificate, { namespace, name: 'web', subresource: 'status' }, 'merge-patch', {
      status: { conditions: [{ type: 'Issuing', status: 'True', reason: 'ManuallyTriggered' }] },
    });
    await until(
      'there is a new one',
      async () => (await read('Certificate', 'web'))?.['status'].revision > ready['status'].revision,
    );
    expect((await read('Secret', 'web-tls'))?.['data']).not.toEqual(secret?.['data']);
  });

  it.concurrent('databases: a replica takes over from a primary that is gone', async () => {
    const { create, until, read, client } = toolsOf(at());
    const database = resourceOf('Cluster');
    await create(named(database.apiVersion, 'Cluster', 'pg', { instances: 3, storage: { size: '1Gi' } }));
    const healthy = await until(
      'three are ready',
      async () => {
        const one = await read('Cluster', 'pg');
        return one?.['status']?.readyInstances === 3 && one;
      },
      180,
    );
    const primary = healthy['status'].currentPrimary as string;
    const other = ['pg-1', 'pg-2', 'pg-3'].find((one) => one !== primary) as string;
    await client.patch(database, { namespace, name: 'pg', subresource: 'status' }, 'merge-patch', {
      status: { targetPrimary: other },
    });
    await until('another leads', async () => (await read('Cluster', 'pg'))?.['status'].currentPrimary === other);
  });

  it.concurrent.each(['argocd', 'flux'] as const)('%s: an edit by somebody else does not last', async (tool) => {
    const { until, read, client } = toolsOf(at());
    const name = `kept-${tool}`;
    const application = startGitOps(contextOf(at()), {
      name,
      tool,
      intervalSeconds: 60,
      manifests: [{ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace }, data: { colour: 'blue' } }],
    });
    const colour = async (): Promise<unknown> => (await read('ConfigMap', name))?.['data'].colour;
    await until('it is applied', async () => (await colour()) === 'blue');
    await client.patch(resourceOf('ConfigMap'), { namespace, name }, 'merge-patch', { data: { colour: 'red' } });
    await until('it is reverted', async () => (await colour()) === 'blue', 90);
    expect(application.reverted).toContain(`ConfigMap ${namespace}/${name}`);
    application.stop();
  });
}
