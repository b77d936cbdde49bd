import { resourceOf, type Recorder, type KubeClient } from '../client/index.ts';
import type { KubeObject } from '../runtime.ts';
import { ownerReference } from './owners.ts';

export const isTerminating = (object: KubeObject): boolean => object['metadata'].deletionTimestamp !== undefined;

export const isFinished = (pod: KubeObject): boolean => ['Succeeded', 'Failed'].includes(pod['status']?.phase);

/** Counts towards replicas. */
export const isActive = (pod: KubeObject): boolean => !isFinished(pod) && !isTerminating(pod);

export const conditionOf = (object: KubeObject | undefined, type: string): KubeObject | undefined =>
  ((object?.['status']?.conditions ?? []) as KubeObject[]).find((one) => one['type'] === type);

export const isReady = (pod: KubeObject): boolean => conditionOf(pod, 'Ready')?.['status'] === 'True';

/** Unix seconds of an RFC 3339 time. */
export const seconds = (text: string | undefined): number => (text ? Date.parse(text) / 1000 : 0);

/** Seconds until a ready pod counts as available; 0 = it does, undefined = it is not ready. */
export function untilAvailable(pod: KubeObject, minReadySeconds: number, now: number): number | undefined {
  if (!isReady(pod)) return undefined;
  return Math.max(0, seconds(conditionOf(pod, 'Ready')?.['lastTransitionTime']) + minReadySeconds - now);
}

/** The pods that an index of all pods has in a namespace. */
export const podFrom = (template: KubeObject, owner: KubeObject): KubeObject => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: {
    namespace: owner['metadata'].namespace,
    ...(template['metadata']?.labels && { labels: template['metadata'].labels }),
    ...(template['metadata']?.annotations && { annotations: template['metadata'].annotations }),
    ownerReferences: [ownerReference(owner)],
  },
  spec: template['spec'],
});

interface Tools {
  readonly client: KubeClient;
  readonly recorder: Recorder;
}

/** Creates a pod and says so on its owner; a refusal (quota, webhook) is said too, then thrown. */
export async function createPod(tools: Tools, owner: KubeObject, pod: KubeObject): Promise<KubeObject> {
  try {
    const created = await tools.client.create(resourceOf('Pod'), pod);
    const message = `Created pod: ${created['metadata'].name}`;
    await tools.recorder.record({ about: owner, type: 'Normal', reason: 'SuccessfulCreate', message });
    return created;
  } catch (error) {
    const message = `Error creating: ${(error as Error).message}`;
    await tools.recorder.record({ about: owner, type: 'Warning', reason: 'FailedCreate', message });
    throw error;
  }
}

export async function deletePod(tools: Tools, owner: KubeObject, pod: KubeObject): Promise<void> {
  const { namespace, name, uid } = pod['metadata'];
  await tools.client.remove(resourceOf('Pod'), { namespace, name }, { uid });
  await tools.recorder.record({
    about: owner,
    type: 'Normal',
    reason: 'SuccessfulDelete',
    message: `Deleted pod: ${name}`,
  });
}

/** Which pods go first when there are too many: unscheduled, not ready, doubled up on a node, younger. */
export function byDispensability(pods: readonly KubeObject[]): readonly KubeObject[] {
  const rank = (pod: KubeObject): readonly number[] => [
    pod['spec'].nodeName ? 1 : 0,
    ['Pending', undefined].includes(pod['status']?.phase) ? 0 : 1,
    isReady(pod) ? 1 : 0,
    Number(pod['metadata'].annotations?.['controller.kubernetes.io/pod-deletion-cost'] ?? 0),
    -pods.filter((one) => one['spec'].nodeName === pod['spec'].nodeName).length,
    isReady(pod) ? -seconds(conditionOf(pod, 'Ready')?.['lastTransitionTime']) : 0,
    -containerRestarts(pod),
    -seconds(pod['metadata'].creationTimestamp),
  ];
  return [...pods].sort((a, b) => {
    const [left, right] = [rank(a), rank(b)];
    const at = left.findIndex((value, index) => value !== right[index]);
    return at < 0 ? (a['metadata'].name < b['metadata'].name ? -1 : 1) : (left[at] ?? 0) - (right[at] ?? 0);
  });
}

const containerRestarts = (pod: KubeObject): number =>
  ((pod['status']?.containerStatuses ?? []) as KubeObject[]).reduce(
    (most, one) => Math.max(most, one['restartCount'] ?? 0),
    0,
  );
