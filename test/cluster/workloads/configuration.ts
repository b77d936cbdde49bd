import type { KubeObject } from '../runtime.ts';
import { addressVariable } from './manifests.ts';
import type { PodView } from './pod-view.ts';
import type { Shop } from './shop.ts';
import { both, wellBehaved, type Traits } from './traits.ts';

const dies = (message: string): Partial<Traits> => ({ crash: { after: 4, exitCode: 1, message } });

/** Does `host` name a Service, as `name.namespace` or `name` in the pod's own namespace? */
function resolves(host: string, namespace: string, services: readonly KubeObject[]): boolean {
  const [name = '', where = namespace] = host.split('.');
  return services.some((one) => one['metadata'].name === name && one['metadata'].namespace === where);
}

/** An address that is not there or not right ends a service when it starts. */
function addressTraits(shop: Shop, pod: PodView, services: readonly KubeObject[]): Partial<Traits> {
  for (const call of pod.profile?.calls ?? []) {
    const variable = addressVariable(call.to);
    const [host = '', port = ''] = (pod.env.get(variable) ?? '').split(':');
    if (host === '') return dies(`configuration: ${variable} is not set`);
    if (!resolves(host, pod.namespace, services)) return dies(`dial tcp: lookup ${host}: no such host (${variable})`);
    if (port !== String(shop.byRole(call.to).port))
      return dies(`dial tcp ${host}:${port}: connection refused (${variable})`);
  }
  return {};
}

const healthPath = '/healthz';

/** A probe of a path or port that the service does not have fails, however well it is. */
function probeTraits(pod: PodView): Partial<Traits> {
  if (!pod.profile?.http) return {};
  const wrong = (probe: KubeObject | undefined): string | undefined => {
    const http = probe?.['httpGet'];
    if (!http) return undefined;
    if (http.path !== healthPath) return 'HTTP probe failed with statuscode: 404';
    return http.port === pod.profile?.port || http.port === 'http' ? undefined : 'connect: connection refused';
  };
  const main: KubeObject = pod.object['spec'].containers[0] ?? {};
  return { unready: wrong(main['readinessProbe']), dead: wrong(main['livenessProbe']) };
}

/** At level debug a service writes every payload to its log. */
const debugTraits = (pod: PodView): Partial<Traits> =>
  pod.env.get('LOG_LEVEL') === 'debug' ? { logBytes: 45e6, latencyFactor: 1.15 } : {};

function numberTraits(pod: PodView): Partial<Traits> {
  const pool = pod.env.get('DB_POOL_SIZE');
  if (pool === undefined || /^[1-9]\d*$/.test(pool)) return {};
  return dies(`configuration: DB_POOL_SIZE "${pool}" is not a number above 0`);
}

/** What a service makes of its spec: environment and probes, whoever wrote them. */
export function configurationTraits(shop: Shop, pod: PodView, services: readonly KubeObject[]): Traits {
  return [addressTraits(shop, pod, services), numberTraits(pod), probeTraits(pod), debugTraits(pod)].reduce(
    both,
    wellBehaved,
  );
}

/** Connections that it may hold to each of its databases. */
export const poolOf = (pod: PodView): number => Number(pod.env.get('DB_POOL_SIZE') ?? 20) || 20;
/** Connections that a database takes. */
export const maxConnectionsOf = (pod: PodView): number => Number(pod.env.get('MAX_CONNECTIONS') ?? 1000) || 1000;
