import { resourceOf } from '../client/index.ts';
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
