import { at, list, object, targetKey, text, type JsonObject, type Target, type Topology } from '../../model/index.ts';

/** What a diagnosis may ask about the objects of the cluster. */
export type Objects = Pick<Topology, 'cluster' | 'targets' | 'object' | 'podsOf'>;

/** Who calls whom, as far as the objects say it. */
export interface CallGraph {
  /** What a workload calls itself. */
  callees(target: Target): readonly Target[];
  callers(target: Target): readonly Target[];
  /** All that it calls, also through others; nearest first, without itself. */
  upstream(target: Target): readonly Target[];
  /** All that call it, also through others; nearest first, without itself. */
  downstream(target: Target): readonly Target[];
}

const workloadKinds = new Set(['Deployment', 'StatefulSet', 'DaemonSet', 'CronJob']);
export const podSpecOf = (workload: JsonObject | undefined): JsonObject =>
  text(workload, 'kind') === 'CronJob' || at(workload, 'spec', 'jobTemplate') !== undefined
    ? object(workload, 'spec', 'jobTemplate', 'spec', 'template', 'spec')
    : object(workload, 'spec', 'template', 'spec');

/** Host names in a value of the environment: `db.data:5432`, `http://api/v1`, `amqp://user@mq.data.svc.cluster.local`. */
function hostsIn(value: string): readonly string[] {
  return value.split(/[,;\s]+/).flatMap((part) => {
    const host = /^(?:[a-z][a-z0-9+.-]*:\/\/)?(?:[^@/]*@)?([a-z0-9][a-z0-9.-]*)(?::\d+)?(?:[/?#].*)?$/i.exec(part)?.[1];
    return host ? [host] : [];
  });
}

/** The Service that a host names, as a pod of `namespace` would resolve it: `name`, `name.ns`, `name.ns.svc…`, `pod.name.ns`. */
function serviceOf(objects: Objects, host: string, namespace: string): JsonObject | undefined {
  const parts = host.split('.').filter((part, index, all) => !(all.indexOf('svc') >= 0 && index >= all.indexOf('svc')));
  const [first = '', second = namespace, third] = parts;
  const find = (name: string, ns: string) =>
    objects.object({ cluster: objects.cluster, kind: 'Service', namespace: ns, name });
  return find(first, second) ?? (third === undefined ? undefined : find(second, third));
}

/** Do these labels meet a selector's matchLabels? An empty selector is met by nothing here. */
export function meets(labels: JsonObject, selector: JsonObject): boolean {
  const wanted = Object.entries(selector);
  return wanted.length > 0 && wanted.every(([key, value]) => labels[key] === value);
}

/**
 * Reads the graph from what is there anyway: a workload calls the Services whose names stand in its environment, and a
 * Service stands for the workload whose template its selector meets. No tracing needed, and none used.
 */
export function callGraph(objects: Objects): CallGraph {
  const workloads = objects
    .targets()
    .filter(({ kind }) => workloadKinds.has(kind))
    .map((target) => ({ target, object: objects.object(target) }));
  const behind = (service: JsonObject): Target | undefined =>
    workloads.find(
      ({ target, object: workload }) =>
        target.namespace === text(service, 'metadata', 'namespace') &&
        meets(object(workload, 'spec', 'template', 'metadata', 'labels'), object(service, 'spec', 'selector')),
    )?.target;
  const forward = new Map<string, Target[]>();
  const backward = new Map<string, Target[]>();
  const note = (into: Map<string, Target[]>, from: Target, to: Target): void => {
    const known = into.get(targetKey(from)) ?? [];
    if (known.every((one) => targetKey(one) !== targetKey(to))) into.set(targetKey(from), [...known, to]);
  };
  for (const { target, object: workload } of workloads) {
    const values = list(podSpecOf(workload), 'containers').flatMap((container) =>
      list(container, 'env').map((variable) => text(variable, 'value')),
    );
    for (const host of new Set(values.flatMap(hostsIn))) {
      const service = serviceOf(objects, host, target.namespace);
      const callee = service && behind(service);
      if (!callee || targetKey(callee) === targetKey(target)) continue;
      note(forward, target, callee);
      note(backward, callee, target);
    }
  }
  const walk = (along: Map<string, Target[]>, start: Target): readonly Target[] => {
    const seen = new Map([[targetKey(start), start]]);
    for (const here of seen.values())
      for (const next of along.get(targetKey(here)) ?? [])
        if (!seen.has(targetKey(next))) seen.set(targetKey(next), next);
    return [...seen.values()].slice(1);
  };
  return {
    callees: (target) => forward.get(targetKey(target)) ?? [],
    callers: (target) => backward.get(targetKey(target)) ?? [],
    upstream: (target) => walk(forward, target),
    downstream: (target) => walk(backward, target),
  };
}
