import type { KubeObject } from '../runtime.ts';
import { appLabel } from './manifests.ts';
import type { Profile } from './profile.ts';
import { quantity } from './quantity.ts';
import type { Shop } from './shop.ts';

/** The parts of a pod that the model goes by. */
export interface PodView {
  readonly uid: string;
  readonly namespace: string;
  readonly name: string;
  readonly node: string;
  readonly profile: Profile | undefined;
  readonly labels: Readonly<Record<string, string>>;
  /** Its first container: the one that does the work. */
  readonly container: string;
  readonly image: string;
  readonly env: ReadonlyMap<string, string>;
  readonly cpuLimit: number;
  readonly cpuRequest: number;
  readonly memoryLimit: number;
  readonly ready: boolean;
  readonly leaving: boolean;
  readonly object: KubeObject;
}

const isReady = (pod: KubeObject): boolean =>
  (pod['status']?.conditions ?? []).some((one: KubeObject) => one['type'] === 'Ready' && one['status'] === 'True');

export function podView(shop: Shop, pod: KubeObject): PodView {
  const main: KubeObject = pod['spec']?.containers?.[0] ?? {};
  const labels: Record<string, string> = pod['metadata'].labels ?? {};
  const namespace: string = pod['metadata'].namespace;
  const limits = main['resources']?.limits;
  return {
    uid: pod['metadata'].uid,
    namespace,
    name: pod['metadata'].name,
    node: pod['spec']?.nodeName ?? '',
    profile: shop.find(namespace, labels[appLabel] ?? ''),
    labels,
    container: main['name'] ?? '',
    image: main['image'] ?? '',
    env: new Map((main['env'] ?? []).map((one: KubeObject) => [one['name'], one['value'] ?? ''])),
    cpuLimit: quantity(limits?.cpu),
    cpuRequest: quantity(main['resources']?.requests?.cpu, 0),
    memoryLimit: quantity(limits?.memory),
    ready: isReady(pod),
    leaving: pod['metadata'].deletionTimestamp !== undefined,
    object: pod,
  };
}

/** Views by uid, made anew only when the object's resourceVersion moved. */
export function podViews(shop: Shop): (pod: KubeObject) => PodView {
  const known = new WeakMap<KubeObject, PodView>();
  return (pod) => {
    const old = known.get(pod);
    if (old) return old;
    const view = podView(shop, pod);
    known.set(pod, view);
    return view;
  };
}
