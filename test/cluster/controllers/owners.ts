import { resourceOf, type KubeClient } from '../client/index.ts';
import type { KubeObject } from '../runtime.ts';
import { selects } from './selector.ts';

export const ownerReference = (owner: KubeObject): KubeObject => ({
  apiVersion: owner['apiVersion'],
  kind: owner['kind'],
  name: owner['metadata'].name,
  uid: owner['metadata'].uid,
  controller: true,
  blockOwnerDeletion: true,
});

/** The reference of the controller that manages the object. */
export const controllerOf = (object: KubeObject): KubeObject | undefined =>
  ((object['metadata'].ownerReferences ?? []) as KubeObject[]).find((one) => one['controller'] === true);

export const isControlledBy = (object: KubeObject, owner: KubeObject): boolean =>
  controllerOf(object)?.['uid'] === owner['metadata'].uid;

/** For `watches`: the key of the object's controller, if it is of that kind. */
export const controllerKey =
  (kind: string) =>
  (object: KubeObject): readonly string[] => {
    const owner = controllerOf(object);
    return owner?.['kind'] === kind ? [`${object['metadata'].namespace}/${owner['name']}`] : [];
  };

/**
 * The children of an owner after orphans that match its selector were adopted and its own that match no longer were let
 * go (what quarantine by label relies on).
 */
export async function claim(
  client: KubeClient,
  owner: KubeObject,
  kind: string,
  candidates: readonly KubeObject[],
): Promise<readonly KubeObject[]> {
  const mine: KubeObject[] = [];
  for (const object of candidates) {
    const matches = selects(owner['spec'].selector, object['metadata'].labels);
    if (isControlledBy(object, owner)) {
      if (matches || object['metadata'].deletionTimestamp) mine.push(object);
      else await setOwners(client, kind, object, without(object, owner));
    } else if (
      matches &&
      !controllerOf(object) &&
      !object['metadata'].deletionTimestamp &&
      !owner['metadata'].deletionTimestamp
    ) {
      const owners = [...((object['metadata'].ownerReferences ?? []) as KubeObject[]), ownerReference(owner)];
      mine.push(await setOwners(client, kind, object, owners));
    }
  }
  return mine;
}

const without = (object: KubeObject, owner: KubeObject): readonly KubeObject[] =>
  (object['metadata'].ownerReferences as KubeObject[]).filter((one) => one['uid'] !== owner['metadata'].uid);

function setOwners(
  client: KubeClient,
  kind: string,
  object: KubeObject,
  owners: readonly KubeObject[],
): Promise<KubeObject> {
  const { namespace, name, uid, resourceVersion } = object['metadata'];
  const metadata = { uid, resourceVersion, ownerReferences: owners.length > 0 ? owners : null };
  return client.patch(resourceOf(kind), { namespace, name }, 'merge-patch', { metadata });
}
