import { resourceOf } from '../client/index.ts';
import type { KubeObject } from '../runtime.ts';
import { withCondition, withoutCondition, writeStatus } from './conditions.ts';
import { itself, startController, type Controller, type ControllerContext, type Desk } from './controller.ts';
import { isTerminating } from './pods.ts';
import { quantity } from '../quantity.ts';

/** What storage does, or does not do, for a claim: undefined = it works, a message = it fails with that. */
export type StorageProblem = (claim: KubeObject) => string | undefined;

const provisionSeconds = 2;
const resizeSeconds = 5;
const retrySeconds = 15;
const provisioner = 'csi.simulated.example';

/** The storage class of a small cluster: the default one, volumes can grow. */
export const standardClass: KubeObject = {
  apiVersion: 'storage.k8s.io/v1',
  kind: 'StorageClass',
  metadata: { name: 'standard', annotations: { 'storageclass.kubernetes.io/is-default-class': 'true' } },
  provisioner,
  reclaimPolicy: 'Delete',
  volumeBindingMode: 'Immediate',
  allowVolumeExpansion: true,
};

/** Provisions, binds, expands and reclaims volumes, as an external provisioner and resizer do. */
export function startVolumes(context: ControllerContext, problem: StorageProblem = () => undefined): Controller {
  const begun = new Map<string, number>();

  /** Storage takes its time: false until `seconds` after it was first asked for. */
  function isDone(job: string, seconds: number): boolean {
    const now = context.clock.now();
    const since = begun.get(job) ?? now;
    begun.set(job, since);
    if (now - since < seconds) return false;
    begun.delete(job);
    return true;
  }

  return startController(context, {
    name: 'persistentvolume-binder',
    component: 'persistentvolume-controller',
    watches: [
      ['PersistentVolumeClaim', itself],
      ['PersistentVolume', () => []],
      ['StorageClass', (_class, desk) => desk.of('PersistentVolumeClaim').list().flatMap(itself)],
    ],
    async reconcile(key, desk) {
      const claim = desk.of('PersistentVolumeClaim').get(key);
      if (!claim) return reclaim(desk, key);
      if (isTerminating(claim)) return undefined;
      const failure = problem(claim);
      if (claim['status']?.phase !== 'Bound') {
        if (failure) return refuse(desk, claim, 'ProvisioningFailed', `failed to provision volume: ${failure}`);
        if (!isDone(`provision ${claim['metadata'].uid}`, provisionSeconds)) return provisionSeconds;
        return provision(desk, claim);
      }
      if (sizeOf(claim['spec'].resources?.requests) <= sizeOf(claim['status'].capacity)) return undefined;
      if (failure) return refuse(desk, claim, 'VolumeResizeFailed', `resize volume failed: ${failure}`);
      await beginResize(desk, claim);
      if (!isDone(`resize ${claim['metadata'].uid}`, resizeSeconds)) return resizeSeconds;
      return finishResize(desk, claim);
    },
  });
}

const sizeOf = (resources: KubeObject | undefined): number => quantity(resources?.['storage'] ?? 0);

async function refuse(desk: Desk, claim: KubeObject, reason: string, message: string): Promise<number> {
  await desk.recorder.record({ about: claim, type: 'Warning', reason, message });
  return retrySeconds;
}

const defaultClass = 'storageclass.kubernetes.io/is-default-class';

function classOf(desk: Desk, claim: KubeObject): KubeObject | undefined {
  const name = claim['spec'].storageClassName as string | undefined;
  const all = desk.of('StorageClass').list();
  return name === undefined
    ? all.find((one) => one['metadata'].annotations?.[defaultClass] === 'true')
    : all.find((one) => one['metadata'].name === name);
}

/** By these the scheduler knows that a claim has its volume. */
const boundMarks = {
  'pv.kubernetes.io/bind-completed': 'yes',
  'pv.kubernetes.io/bound-by-controller': 'yes',
} as const;

/** Without a storage class that exists the claim waits; a cluster without any class has one that is not spoken of. */
async function provision(desk: Desk, claim: KubeObject): Promise<number | undefined> {
  const { namespace, name, uid } = claim['metadata'];
  const storageClass = classOf(desk, claim);
  if (!storageClass && claim['spec'].storageClassName !== undefined) {
    return refuse(
      desk,
      claim,
      'ProvisioningFailed',
      `storageclass.storage.k8s.io "${claim['spec'].storageClassName}" not found`,
    );
  }
  const volume = volumeFor(claim, storageClass);
  if (!desk.of('PersistentVolume').get(volume['metadata'].name)) {
    const created = await desk.client.create(resourceOf('PersistentVolume'), volume);
    await writeStatus(desk.client, 'PersistentVolume', created, { phase: 'Bound' });
  }
  const spec = {
    volumeName: volume['metadata'].name,
    ...(storageClass && { storageClassName: storageClass['metadata'].name }),
  };
  const bound = await desk.client.patch(resourceOf('PersistentVolumeClaim'), { namespace, name }, 'merge-patch', {
    metadata: { uid, annotations: boundMarks },
    spec,
  });
  await writeStatus(desk.client, 'PersistentVolumeClaim', bound, {
    phase: 'Bound',
    accessModes: claim['spec'].accessModes,
    capacity: { storage: claim['spec'].resources?.requests?.storage ?? '1Gi' },
  });
  const message = `Successfully provisioned volume ${volume['metadata'].name}`;
  await desk.recorder.record({ about: claim, type: 'Normal', reason: 'ProvisioningSucceeded', message });
  return undefined;
}

function volumeFor(claim: KubeObject, storageClass: KubeObject | undefined): KubeObject {
  const { namespace, name, uid } = claim['metadata'];
  const volume = `pvc-${uid}`;
  return {
    apiVersion: 'v1',
    kind: 'PersistentVolume',
    metadata: { name: volume, annotations: { 'pv.kubernetes.io/provisioned-by': provisioner } },
    spec: {
      capacity: { storage: claim['spec'].resources?.requests?.storage ?? '1Gi' },
      accessModes: claim['spec'].accessModes,
      persistentVolumeReclaimPolicy: storageClass?.['reclaimPolicy'] ?? 'Delete',
      ...(storageClass && { storageClassName: storageClass['metadata'].name }),
      claimRef: { apiVersion: 'v1', kind: 'PersistentVolumeClaim', namespace, name, uid },
      csi: { driver: provisioner, volumeHandle: volume },
    },
  };
}

async function beginResize(desk: Desk, claim: KubeObject): Promise<void> {
  const condition = { type: 'Resizing', status: 'True', reason: '', message: '' } as const;
  const conditions = withCondition(claim['status'].conditions, condition, desk.clock.now());
  await writeStatus(desk.client, 'PersistentVolumeClaim', claim, { conditions });
  const message = `External resizer is resizing volume ${claim['spec'].volumeName}`;
  await desk.recorder.record({ about: claim, type: 'Normal', reason: 'Resizing', message });
}

async function finishResize(desk: Desk, claim: KubeObject): Promise<undefined> {
  const storage = claim['spec'].resources.requests.storage as string;
  const name = claim['spec'].volumeName as string;
  await desk.client.patch(resourceOf('PersistentVolume'), { name }, 'merge-patch', { spec: { capacity: { storage } } });
  const conditions = withoutCondition(
    desk.of('PersistentVolumeClaim').get(keyOfClaim(claim))?.['status'].conditions,
    'Resizing',
  );
  await writeStatus(desk.client, 'PersistentVolumeClaim', claim, { capacity: { storage }, conditions });
  const message = `MountVolume.NodeExpandVolume succeeded for volume "${name}"`;
  await desk.recorder.record({ about: claim, type: 'Normal', reason: 'FileSystemResizeSuccessful', message });
}

const keyOfClaim = (claim: KubeObject): string => `${claim['metadata'].namespace}/${claim['metadata'].name}`;

/** A claim is gone: its volume goes too, or stays Released. */
async function reclaim(desk: Desk, key: string): Promise<undefined> {
  for (const volume of desk.of('PersistentVolume').list()) {
    const { namespace, name } = (volume['spec'].claimRef ?? {}) as KubeObject;
    if (`${namespace}/${name}` !== key) continue;
    if (volume['spec'].persistentVolumeReclaimPolicy === 'Delete') {
      await desk.client.remove(
        resourceOf('PersistentVolume'),
        { name: volume['metadata'].name },
        { uid: volume['metadata'].uid },
      );
    } else await writeStatus(desk.client, 'PersistentVolume', volume, { phase: 'Released' });
  }
}
