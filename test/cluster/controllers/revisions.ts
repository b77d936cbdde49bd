import { resourceOf } from '../client/index.ts';
import type { KubeObject } from '../runtime.ts';
import type { Desk } from './controller.ts';
import { isControlledBy, ownerReference } from './owners.ts';
import { canonical, templateHash } from './template.ts';

export const revisionLabel = 'controller-revision-hash';

/** The template's ControllerRevision; made when it is new, moved to the front when a rollback brings it back. */
export async function currentRevision(desk: Desk, owner: KubeObject): Promise<KubeObject> {
  const { namespace, name } = owner['metadata'];
  const data = { spec: { template: { ...owner['spec'].template, $patch: 'replace' } } };
  const all = revisionsOf(desk, owner);
  const last = all.at(-1);
  const found = all.find((one) => canonical(one['data']) === canonical(data));
  const revision = Number(last?.['revision'] ?? 0) + 1;
  if (found && found === last) return found;
  if (found) {
    const ref = { namespace, name: found['metadata'].name };
    return desk.client.patch(resourceOf('ControllerRevision'), ref, 'merge-patch', { revision });
  }
  const hash = templateHash(owner['spec'].template, Number(owner['status']?.collisionCount ?? 0));
  return desk.client.create(resourceOf('ControllerRevision'), {
    apiVersion: 'apps/v1',
    kind: 'ControllerRevision',
    metadata: {
      name: `${name}-${hash}`,
      namespace,
      labels: { ...owner['spec'].template.metadata?.labels, [revisionLabel]: hash },
      ownerReferences: [ownerReference(owner)],
    },
    data,
    revision,
  });
}

/** Oldest first. */
export const revisionsOf = (desk: Desk, owner: KubeObject): readonly KubeObject[] =>
  desk
    .of('ControllerRevision')
    .list(owner['metadata'].namespace)
    .filter((one) => isControlledBy(one, owner))
    .sort((a, b) => Number(a['revision']) - Number(b['revision']));

/** Forgets the oldest revisions beyond revisionHistoryLimit that no pod is of. */
export async function trimRevisions(desk: Desk, owner: KubeObject, inUse: ReadonlySet<string>): Promise<void> {
  const limit = Number(owner['spec'].revisionHistoryLimit ?? 10);
  const idle = revisionsOf(desk, owner).filter((one) => !inUse.has(one['metadata'].name));
  for (const one of idle.slice(0, Math.max(0, idle.length - limit))) {
    const { namespace, name, uid } = one['metadata'];
    await desk.client.remove(resourceOf('ControllerRevision'), { namespace, name }, { uid });
  }
}
