import { ApiError, resourceOf } from '../client/index.ts';
import type { KubeObject } from '../runtime.ts';
import { appLabel, type Effect, type Profile, type Role } from '../workloads/index.ts';
import type { Ground, Subject } from './ground.ts';

/** Who people are in managedFields and in the request log. */
export const person = { fieldManager: 'kubectl-edit' } as const;

export const subjectOf = (profile: Profile): Subject => ({
  kind: profile.kind,
  namespace: profile.namespace,
  name: profile.name,
});

export const workloadOf = ({ cluster }: Ground, profile: Profile): KubeObject | undefined =>
  cluster
    .list(profile.kind)
    .find((one) => one['metadata'].namespace === profile.namespace && one['metadata'].name === profile.name);

/** The pods of a role, by their label. */
export function podsOf({ cluster, world }: Ground, role: Role): readonly KubeObject[] {
  const profile = world.shop.byRole(role);
  return cluster
    .list('Pod')
    .filter(
      (pod) => pod['metadata'].namespace === profile.namespace && pod['metadata'].labels?.[appLabel] === profile.name,
    );
}

export const restartsOf = (pod: KubeObject): number =>
  ((pod['status']?.containerStatuses ?? []) as KubeObject[]).reduce((sum, one) => sum + (one['restartCount'] ?? 0), 0);

/** Changes a workload's first container as `kubectl edit` would. */
export async function editContainer({ client }: Ground, profile: Profile, change: KubeObject): Promise<void> {
  const body = { spec: { template: { spec: { containers: [{ name: 'app', ...change }] } } } };
  await client.patch(resourceOf(profile.kind), profile, 'strategic-merge-patch', body, person);
}

/** Changes any part of an object with a merge patch. */
export async function edit({ client }: Ground, subject: Subject, body: KubeObject): Promise<void> {
  const ref = { name: subject.name, ...(subject.namespace && { namespace: subject.namespace }) };
  await client.patch(resourceOf(subject.kind), ref, 'merge-patch', body, person);
}

/** Lets an effect befall pods until it is taken away. */
export function befall({ world }: Ground, effect: Effect): () => Promise<void> {
  world.around.effects.add(effect);
  return async () => void world.around.effects.delete(effect);
}

/** Touches the pods of one role. */
export const ofRole =
  (role: Role) =>
  (pod: { readonly profile: Profile | undefined }): boolean =>
    pod.profile?.role === role;

export const imageOf = (ground: Ground, profile: Profile): string =>
  workloadOf(ground, profile)?.['spec'].template.spec.containers[0].image ?? '';

/** Is this pod's container still the one that was started before `at`? What hangs in memory ends with a restart. */
export const startedBefore =
  ({ world }: Ground, at: number) =>
  (pod: { readonly uid: string }): boolean =>
    (world.lives.get(pod.uid)?.startedAt ?? Infinity) <= at;

/** The node that the role's first pod runs on. */
export function nodeOf(ground: Ground, role: Role): string {
  const names = podsOf(ground, role)
    .map((pod) => pod['spec'].nodeName as string | undefined)
    .filter((name) => name !== undefined);
  const [first] = names;
  if (first === undefined) throw new Error(`no pod of the role "${role}" runs`);
  return first;
}

export const nodeSubject = (name: string): Subject => ({ kind: 'Node', namespace: '', name });

/** Deletes the first pods of a role, as `kubectl delete pod` would. */
export async function deletePods(ground: Ground, role: Role, count = 1): Promise<void> {
  for (const pod of podsOf(ground, role).slice(0, count))
    await ground.client.remove(resourceOf('Pod'), pod['metadata']);
}

const done = (): boolean => true;
/** The API said no: goes on. Anything else means that the cluster is gone. */
const failed = (error: unknown): boolean => error instanceof ApiError;

/** Runs `look` every `seconds` of cluster time until it is ended, or time is. */
export function every(ground: Ground, seconds: number, look: () => Promise<void>): () => void {
  const abort = new AbortController();
  void (async () => {
    for (;;) {
      const before = ground.clock.now();
      await ground.clock.sleep(seconds, abort.signal);
      // A clock that has ended wakes everybody at once: there is no more time to look at anything.
      if (abort.signal.aborted || ground.clock.now() === before) return;
      if (!(await look().then(done, failed))) return;
    }
  })();
  return () => abort.abort();
}
