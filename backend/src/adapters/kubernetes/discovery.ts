import { list, resources, text, type KnownKind, type Resource } from '../../model/index.ts';
import { failure } from './status.ts';
import type { Transport } from './transport.ts';

/** Versions of an API that not every cluster has, the best first; the others serve older clusters. */
const versions: Partial<Record<KnownKind, readonly string[]>> = {
  PodDisruptionBudget: ['v1', 'v1beta1'],
  HorizontalPodAutoscaler: ['v2', 'v1'],
  CronJob: ['v1', 'v1beta1'],
  Cluster: ['v1'],
  Certificate: ['v1'],
};
/** An upgrade of the cluster may change the answer. */
const maxAgeMs = 600_000;

export interface Discovery {
  /** Where this kind's API lives here; undefined when the server has no version of it that we know. */
  resourceOf(kind: KnownKind): Promise<Resource | undefined>;
  /** policy/v1 or policy/v1beta1: what an Eviction must call itself. */
  evictionVersion(): Promise<string>;
}

export function createDiscovery(transport: Transport): Discovery {
  const known = new Map<string, { readonly answer: Promise<unknown>; readonly until: number }>();

  function once<T>(key: string, find: () => Promise<T>): Promise<T> {
    const held = known.get(key);
    if (held && performance.now() < held.until) return held.answer as Promise<T>;
    const answer = find();
    known.set(key, { answer, until: performance.now() + maxAgeMs });
    answer.catch(() => known.delete(key));
    return answer;
  }

  async function serves(groupVersion: string, name: string) {
    const path = groupVersion === 'v1' ? '/api/v1' : `/apis/${groupVersion}`;
    const reply = await transport.request('GET', path);
    if (reply.status === 404) return undefined;
    if (reply.status !== 200) throw failure(reply);
    return list(reply.body, 'resources').find((one) => one['name'] === name);
  }

  async function find(kind: KnownKind): Promise<Resource | undefined> {
    const newest = resources[kind];
    for (const version of versions[kind] ?? [])
      if (await serves(`${newest.group}/${version}`, newest.resource)) return { ...newest, version };
    return undefined;
  }

  return {
    resourceOf: (kind) => (versions[kind] ? once(kind, () => find(kind)) : Promise.resolve(resources[kind])),
    evictionVersion: () =>
      once('eviction', async () => {
        const found = await serves('v1', 'pods/eviction');
        return `${text(found, 'group') || 'policy'}/${text(found, 'version') || 'v1'}`;
      }),
  };
}

/** The URL path of a collection, or of one object in it. */
export function pathOf(resource: Resource, namespace: string, name?: string, subresource?: string): string {
  const root = resource.group ? `/apis/${resource.group}/${resource.version}` : `/api/${resource.version}`;
  const parts = [
    ...(resource.namespaced && namespace ? ['namespaces', namespace] : []),
    resource.resource,
    ...(name ? [name] : []),
    ...(subresource ? [subresource] : []),
  ];
  return `${root}/${parts.map(encodeURIComponent).join('/')}`;
}
