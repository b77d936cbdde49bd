import { resourceOf, type KubeClient } from '../client/index.ts';
import type { KubeObject, StartProblem } from '../runtime.ts';

interface Reference {
  readonly kind: 'ConfigMap' | 'Secret';
  readonly name: string;
  readonly key?: string;
  readonly optional: boolean;
}

/** The first ConfigMap or Secret that a container's environment needs and does not find. Reads the API. */
export async function missingReference(
  client: KubeClient,
  pod: KubeObject,
  container: KubeObject,
): Promise<StartProblem | undefined> {
  for (const { kind, name, key, optional } of referencesOf(container)) {
    if (optional) continue;
    const namespace = String(pod['metadata'].namespace);
    const found = await client.get(resourceOf(kind), { namespace, name });
    const message = !found
      ? `${kind.toLowerCase()} "${name}" not found`
      : key !== undefined && found['data']?.[key] === undefined && found['binaryData']?.[key] === undefined
        ? `couldn't find key ${key} in ${kind} ${namespace}/${name}`
        : undefined;
    if (message) return { reason: 'CreateContainerConfigError', message };
  }
  return undefined;
}

function referencesOf(container: KubeObject): readonly Reference[] {
  const single = ((container['env'] ?? []) as KubeObject[]).flatMap((one) => [
    ...reference('ConfigMap', one['valueFrom']?.configMapKeyRef),
    ...reference('Secret', one['valueFrom']?.secretKeyRef),
  ]);
  const whole = ((container['envFrom'] ?? []) as KubeObject[]).flatMap((one) => [
    ...reference('ConfigMap', one['configMapRef']),
    ...reference('Secret', one['secretRef']),
  ]);
  return [...single, ...whole];
}

const reference = (kind: Reference['kind'], ref: KubeObject | undefined): readonly Reference[] =>
  ref ? [{ kind, name: ref['name'], optional: ref['optional'] === true, ...(ref['key'] && { key: ref['key'] }) }] : [];

/** A volume of the pod that cannot be mounted because its ConfigMap or Secret is missing: the FailedMount message. */
export async function missingVolume(client: KubeClient, pod: KubeObject): Promise<string | undefined> {
  const namespace = String(pod['metadata'].namespace);
  for (const volume of (pod['spec'].volumes ?? []) as KubeObject[]) {
    const [kind, source, name] = volume['secret']
      ? (['Secret', volume['secret'], volume['secret'].secretName] as const)
      : (['ConfigMap', volume['configMap'], volume['configMap']?.name] as const);
    if (!source || source.optional === true || !name) continue;
    if (await client.get(resourceOf(kind), { namespace, name })) continue;
    return `MountVolume.SetUp failed for volume "${volume['name']}" : ${kind.toLowerCase()} "${name}" not found`;
  }
  return undefined;
}
