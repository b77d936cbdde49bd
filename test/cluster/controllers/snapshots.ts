import { resourceOf, time } from '../client/index.ts';
import type { KubeObject } from '../runtime.ts';
import { writeStatus } from './conditions.ts';
import { itself, startController, type Controller, type ControllerContext, type Desk } from './controller.ts';
import { isTerminating, seconds } from './pods.ts';
import type { StorageProblem } from './volumes.ts';

const snapshotSeconds = 5;
const retrySeconds = 15;

/** VolumeSnapshots become ready after a moment, if the claim is bound and the storage works. */
export const startSnapshots = (context: ControllerContext, problem: StorageProblem = () => undefined): Controller =>
  startController(context, {
    name: 'snapshot',
    component: 'snapshot-controller',
    watches: [
      ['VolumeSnapshot', itself],
      ['VolumeSnapshotContent', () => []],
      ['PersistentVolumeClaim', () => []],
    ],
    async reconcile(key, desk) {
      const snapshot = desk.of('VolumeSnapshot').get(key);
      if (!snapshot || isTerminating(snapshot) || snapshot['status']?.readyToUse === true) return undefined;
      const { namespace, creationTimestamp } = snapshot['metadata'];
      const source = snapshot['spec'].source?.persistentVolumeClaimName as string;
      const claim = desk.of('PersistentVolumeClaim').get(`${namespace}/${source}`);
      const failure = claim?.['status']?.phase !== 'Bound' ? `claim ${source} is not bound` : problem(claim);
      if (failure) return refuse(desk, snapshot, failure);
      const left = seconds(creationTimestamp) + snapshotSeconds - desk.clock.now();
      if (left > 0) return left;
      return finish(desk, snapshot, claim as KubeObject);
    },
  });

async function refuse(desk: Desk, snapshot: KubeObject, message: string): Promise<number> {
  const error = {
    message: `Failed to create snapshot: ${message}`,
    time: snapshot['status']?.error?.time ?? time(desk.clock.now()),
  };
  await writeStatus(desk.client, 'VolumeSnapshot', snapshot, { readyToUse: false, error });
  await desk.recorder.record({
    about: snapshot,
    type: 'Warning',
    reason: 'SnapshotCreationFailed',
    message: error.message,
  });
  return retrySeconds;
}

async function finish(desk: Desk, snapshot: KubeObject, claim: KubeObject): Promise<undefined> {
  const { namespace, name, uid } = snapshot['metadata'];
  const content = `snapcontent-${uid}`;
  if (!desk.of('VolumeSnapshotContent').get(content)) {
    await desk.client.create(resourceOf('VolumeSnapshotContent'), {
      apiVersion: 'snapshot.storage.k8s.io/v1',
      kind: 'VolumeSnapshotContent',
      metadata: { name: content },
      spec: {
        deletionPolicy: 'Delete',
        driver: 'csi.simulated.example',
        source: { volumeHandle: claim['spec'].volumeName },
        volumeSnapshotRef: { apiVersion: 'snapshot.storage.k8s.io/v1', kind: 'VolumeSnapshot', namespace, name, uid },
      },
    });
  }
  await writeStatus(desk.client, 'VolumeSnapshot', snapshot, {
    readyToUse: true,
    boundVolumeSnapshotContentName: content,
    creationTime: time(desk.clock.now()),
    restoreSize: claim['status'].capacity?.storage,
    error: null,
  });
  const message = `Snapshot ${namespace}/${name} is ready to use.`;
  await desk.recorder.record({ about: snapshot, type: 'Normal', reason: 'SnapshotReady', message });
}
