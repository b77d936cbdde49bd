import type { KubeObject } from '../runtime.ts';
import { addressVariable } from './manifests.ts';
import type { PodView } from './pod-view.ts';
import type { Shop } from './shop.ts';
import type { Traits } from './traits.ts';

const dies = (message: string): Partial<Traits> => ({ crash: { after: 4, exitCode: 1, message } });

/** Does `host` name a Service, as `name.namespace` or `name` in the pod's own namespace? */
function resolves(host: string, namespace: string, services: readonly KubeObject[]): boolean {
  const [name = '', where = namespace] = host.split('.');
  return services.some((one) => one['metadata'].name === name && one['metadata'].namespace === where);
}

/** What a service makes of its environment when it starts: an address that does not resolve or a bad number ends it. */
export function configurationTraits(shop: Shop, pod: PodView, services: readonly KubeObject[]): Partial<Traits> {
  for (const call of pod.profile?.calls ?? []) {
    const variable = addressVariable(call.to);
    const [host = '', port = ''] = (pod.env.get(variable) ?? '').split(':');
    if (host === '') return dies(`configuration: ${variable} is not set`);
    if (!resolves(host, pod.namespace, services)) return dies(`dial tcp: lookup ${host}: no such host (${variable})`);
    if (port !== String(shop.byRole(call.to).port))
      return dies(`dial tcp ${host}:${port}: connection refused (${variable})`);
  }
  const pool = pod.env.get('DB_POOL_SIZE');
  if (pool !== undefined && !/^[1-9]\d*$/.test(pool))
    return dies(`configuration: DB_POOL_SIZE "${pool}" is not a number above 0`);
  return {};
}

/** Connections that it may hold to what it calls. */
export const poolOf = (pod: PodView): number => Number(pod.env.get('DB_POOL_SIZE') ?? 1000) || 1000;
