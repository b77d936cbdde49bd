import { catalogue, type Permission } from '../model/index.ts';
import type { AuditLog } from './audit.ts';
import type { Observe } from './observe.ts';
import type { ComponentHealth, Operations, Ports } from './ports.ts';

export interface InspectParts {
  readonly ports: Ports;
  readonly observe: Observe;
  readonly audit: AuditLog;
  /** Seconds between two evaluations: what "late" means. */
  readonly interval: number;
  readonly modelInfo: () => Readonly<Record<string, unknown>>;
  /** How notifications get through. */
  readonly notifications: () => ComponentHealth;
}

type Answers = Pick<
  Operations,
  'queries' | 'scores' | 'modelInfo' | 'components' | 'auditVerify' | 'permissions' | 'onIncident'
>;

/** Answers about KubeWise itself: what it sees, what it may do, how its neighbours are. */
export function createInspect(parts: InspectParts, onIncident: Operations['onIncident']): Answers {
  const { ports, observe } = parts;

  const asked = async (ping: () => Promise<unknown>, well: (answer: unknown) => string): Promise<ComponentHealth> => {
    try {
      return { status: 'ok', message: well(await ping()), lastSuccess: ports.clock.now() };
    } catch (error) {
      return { status: 'down', message: error instanceof Error ? error.message : String(error) };
    }
  };

  const watching = (): ComponentHealth => {
    const { synced } = ports.watcher;
    const stale = ports.watcher.staleness();
    if (!synced) return { status: 'down', message: 'the first sync is not complete' };
    if (stale > 180) return { status: 'degraded', message: `nothing heard for ${Math.round(stale)} s` };
    return { status: 'ok', message: `last heard ${Math.round(stale)} s ago` };
  };

  const working = (): ComponentHealth => {
    const age = ports.clock.now() - observe.lastSuccess;
    const late = age > 3 * parts.interval;
    const message = observe.lastSuccess === 0 ? 'no evaluation yet' : `last evaluation ${Math.round(age)} s ago`;
    return { status: late ? 'degraded' : 'ok', message, lastSuccess: observe.lastSuccess };
  };

  /** What is not asked just to see whether it is there: how the last calls went. */
  const named = (what: string, health: ComponentHealth = { status: 'ok', message: 'is configured' }) => ({
    ...health,
    message: `${what}: ${health.message}`,
  });
  const disabled = (message: string): ComponentHealth => ({ status: 'disabled', message });

  return {
    queries: () => observe.queries(),
    scores(filter = {}) {
      const { namespace, metricType } = filter;
      return observe
        .scores()
        .filter((row) => namespace === undefined || row.target.namespace === namespace)
        .filter((row) => metricType === undefined || row.metricType === metricType);
    },
    modelInfo: parts.modelInfo,
    async components() {
      const [store, prometheus, kubernetes] = await Promise.all([
        asked(
          () => ports.store.ping(),
          () => `${ports.store.kind} answers`,
        ),
        asked(
          () => ports.metrics.ping(),
          () => 'answers',
        ),
        asked(
          () => ports.kubernetes.ping(),
          (answer) => {
            const { version, nodes } = answer as Awaited<ReturnType<typeof ports.kubernetes.ping>>;
            return `${version}, ${nodes} nodes`;
          },
        ),
      ]);
      const { model } = ports;
      return {
        API: { status: 'ok', message: 'answers' },
        Store: store,
        Prometheus: prometheus,
        Kubernetes: kubernetes,
        Watch: watching(),
        Worker: working(),
        Model: model ? named(model.name, model.health?.()) : disabled('no model is configured; the rules plan'),
        Alertmanager: ports.silences
          ? named('silences', ports.silences.health?.())
          : disabled('ALERTMANAGER_URL is not set'),
        Notifications: parts.notifications(),
      };
    },
    auditVerify: () => parts.audit.verify(),
    permissions: () => permissionsOf(ports),
    onIncident,
  };
}

/** What each action needs on any object, and whether this service account has it. */
async function permissionsOf(ports: Ports) {
  const wanted: (Permission & { action: string })[] = [];
  for (const row of catalogue.values()) {
    const sample = { name: 'any', ns: 'any', replicas: 1, container: 'any', message: 'any', uid: 'any' };
    for (const { verb, group, resource, subresource } of row.permissions(sample))
      wanted.push({ action: row.name, verb, group, resource, ...(subresource && { subresource }) });
  }
  return Promise.all(wanted.map(async (one) => ({ ...one, allowed: await ports.kubernetes.allowed(one) })));
}
