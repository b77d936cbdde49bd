import { quantity, cores, bytes } from '../quantity.ts';
import { same } from './json.ts';
import type { Context } from './context.ts';
import type { Keeper } from './keeper.ts';
import type { KubeObject } from '../runtime.ts';

export type Amounts = Readonly<Record<string, number>>;

const list = (value: unknown): KubeObject[] => (Array.isArray(value) ? (value as KubeObject[]) : []);
const ended = (pod: KubeObject): boolean => ['Succeeded', 'Failed'].includes(pod['status']?.phase as string);

function add(total: Record<string, number>, more: Amounts): void {
  for (const [key, value] of Object.entries(more)) total[key] = (total[key] ?? 0) + value;
}

function podAmounts(pod: KubeObject): Amounts {
  if (ended(pod)) return {};
  const total: Record<string, number> = { pods: 1, 'count/pods': 1 };
  for (const container of list(pod['spec']?.containers)) {
    const { requests = {}, limits = {} } = (container['resources'] ?? {}) as KubeObject;
    for (const name of ['cpu', 'memory', 'ephemeral-storage']) {
      if (requests[name] !== undefined)
        add(total, { [name]: quantity(requests[name]), [`requests.${name}`]: quantity(requests[name]) });
      if (limits[name] !== undefined) add(total, { [`limits.${name}`]: quantity(limits[name]) });
    }
  }
  return total;
}

function claimAmounts(claim: KubeObject): Amounts {
  const size = quantity(claim['spec']?.resources?.requests?.storage ?? 0);
  const storageClass = claim['spec']?.storageClassName as string | undefined;
  const ofClass = storageClass
    ? {
        [`${storageClass}.storageclass.storage.k8s.io/requests.storage`]: size,
        [`${storageClass}.storageclass.storage.k8s.io/persistentvolumeclaims`]: 1,
      }
    : {};
  return { persistentvolumeclaims: 1, 'requests.storage': size, ...ofClass };
}

const counted = ['services', 'secrets', 'configmaps', 'resourcequotas', 'replicationcontrollers'];

/** What one object takes from a quota. */
export function amountsOf(object: KubeObject, shelf: string): Amounts {
  const [plural, group] = [shelf.slice(0, shelf.indexOf('.')), shelf.slice(shelf.indexOf('.') + 1)];
  if (shelf === 'pods.') return podAmounts(object);
  const count = { [group ? `count/${plural}.${group}` : `count/${plural}`]: 1 };
  if (shelf === 'persistentvolumeclaims.') return { ...count, ...claimAmounts(object) };
  return counted.includes(plural) && !group ? { ...count, [plural]: 1 } : count;
}

/** What all objects of a namespace take, of the resources that its quotas name. */
export function usedIn(context: Context, namespace: string): Amounts {
  const total: Record<string, number> = {};
  for (const shelf of context.store.shelves())
    for (const [, object] of context.store.list(shelf, namespace)) add(total, amountsOf(object, shelf));
  return total;
}

/** An amount of this resource as a quantity. */
export const shown = (name: string, amount: number): string =>
  /memory|storage/.test(name) ? bytes(amount) : cores(amount);

/** Keeps status.hard and status.used of the quotas of a namespace up to date. */
export function createQuotaKeeper(context: Context): Keeper {
  const stirred = new Set<string>();
  const shelf = 'resourcequotas.';
  const { store } = context;

  function refresh(namespace: string): boolean {
    const used = usedIn(context, namespace);
    return store
      .list(shelf, namespace)
      .map(([, quota]) => {
        const hard = (quota['spec']?.hard ?? {}) as Record<string, string>;
        const taken = Object.fromEntries(Object.keys(hard).map((name) => [name, shown(name, used[name] ?? 0)]));
        const status = { hard, used: taken };
        if (same(quota['status'], status)) return false;
        store.put(shelf, { ...quota, status });
        return true;
      })
      .some(Boolean);
  }

  return {
    note(_shelf, event) {
      const namespace = event.object['metadata'].namespace as string | undefined;
      if (namespace && store.count(shelf) > 0) stirred.add(namespace);
    },
    work() {
      const touched = [...stirred].filter((namespace) => store.list(shelf, namespace).length > 0);
      stirred.clear();
      return touched.map(refresh).some(Boolean);
    },
  };
}
