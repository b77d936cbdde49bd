import type { KubeObject } from '../runtime.ts';
import { isFinished } from './pods.ts';
import { quantity } from '../quantity.ts';
import { meets, selects } from './selector.ts';

/** What a scheduling decision looks at. */
export interface Scene {
  readonly nodes: readonly KubeObject[];
  /** All pods that have a node and are not finished. */
  readonly placed: readonly KubeObject[];
}

export type Resources = Readonly<Record<string, number>>;

/** What a pod asks for: the sum over containers, or the largest init container where that is more; and one pod. */
export function requestsOf(pod: KubeObject): Resources {
  const total: Record<string, number> = { pods: 1 };
  for (const container of pod['spec'].containers as KubeObject[]) {
    for (const [name, value] of requests(container)) total[name] = (total[name] ?? 0) + value;
  }
  for (const container of (pod['spec'].initContainers ?? []) as KubeObject[]) {
    for (const [name, value] of requests(container)) total[name] = Math.max(total[name] ?? 0, value);
  }
  return total;
}

const requests = (container: KubeObject): readonly [string, number][] =>
  Object.entries({ ...container['resources']?.limits, ...container['resources']?.requests }).map(([name, value]) => [
    name,
    quantity(value as string),
  ]);

/** What the pods on a node have asked for. */
export function usedOn(node: KubeObject, scene: Scene): Resources {
  const used: Record<string, number> = {};
  for (const pod of scene.placed) {
    if (pod['spec'].nodeName !== node['metadata'].name || isFinished(pod)) continue;
    for (const [name, value] of Object.entries(requestsOf(pod))) used[name] = (used[name] ?? 0) + value;
  }
  return used;
}

/** Why the node cannot take the pod, in the scheduler's words; empty = it can. */
export function obstacles(pod: KubeObject, node: KubeObject, scene: Scene): readonly string[] {
  if (
    node['spec'].unschedulable === true &&
    !tolerates(pod, { key: 'node.kubernetes.io/unschedulable', effect: 'NoSchedule' })
  ) {
    return ['node(s) were unschedulable'];
  }
  const taint = ((node['spec'].taints ?? []) as KubeObject[]).find(
    (one) => one['effect'] !== 'PreferNoSchedule' && !tolerates(pod, one),
  );
  if (taint) return [`node(s) had untolerated taint {${taint['key']}: ${taint['value'] ?? ''}}`];
  if (!matchesNode(pod, node)) return ["node(s) didn't match Pod's node affinity/selector"];
  const short = lacking(pod, node, scene);
  if (short.length > 0) return short;
  return matchesPods(pod, node, scene);
}

function lacking(pod: KubeObject, node: KubeObject, scene: Scene): readonly string[] {
  const used = usedOn(node, scene);
  const allocatable = (node['status']?.allocatable ?? {}) as Record<string, string>;
  return Object.entries(requestsOf(pod)).flatMap(([name, value]) => {
    const free = quantity(allocatable[name] ?? 0) - (used[name] ?? 0);
    if (value <= free + 1e-9) return [];
    return [name === 'pods' ? 'Too many pods' : `Insufficient ${name}`];
  });
}

const tolerates = (pod: KubeObject, taint: KubeObject): boolean =>
  ((pod['spec'].tolerations ?? []) as KubeObject[]).some((one) => covers(one, taint));

/** Does a toleration cover a taint? */
export function covers(toleration: KubeObject, taint: KubeObject): boolean {
  if (toleration['effect'] && toleration['effect'] !== taint['effect']) return false;
  if (!toleration['key']) return toleration['operator'] === 'Exists';
  if (toleration['key'] !== taint['key']) return false;
  return toleration['operator'] === 'Exists' || (toleration['value'] ?? '') === (taint['value'] ?? '');
}

/** nodeSelector and required node affinity. */
export function matchesNode(pod: KubeObject, node: KubeObject): boolean {
  const labels = (node['metadata'].labels ?? {}) as Record<string, string>;
  const wanted = Object.entries((pod['spec'].nodeSelector ?? {}) as Record<string, string>);
  if (!wanted.every(([key, value]) => labels[key] === value)) return false;
  const required = pod['spec'].affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution;
  if (!required) return true;
  return (required.nodeSelectorTerms as KubeObject[]).some(
    (term) =>
      ((term['matchExpressions'] ?? []) as KubeObject[]).every((one) => meets(one, labels[one['key']])) &&
      ((term['matchFields'] ?? []) as KubeObject[]).every((one) => meets(one, node['metadata'].name)),
  );
}

/** Required pod affinity and anti-affinity, and hard topology spread, over the topology key's domains. */
function matchesPods(pod: KubeObject, node: KubeObject, scene: Scene): readonly string[] {
  const { podAffinity, podAntiAffinity } = (pod['spec'].affinity ?? {}) as KubeObject;
  const required = 'requiredDuringSchedulingIgnoredDuringExecution';
  const near = ((podAffinity?.[required] ?? []) as KubeObject[]).every(
    (term) => inDomain(pod, node, scene, term).length > 0 || selects(term['labelSelector'], pod['metadata'].labels),
  );
  if (!near) return ["node(s) didn't match pod affinity rules"];
  const far = ((podAntiAffinity?.[required] ?? []) as KubeObject[]).every(
    (term) => inDomain(pod, node, scene, term).length === 0,
  );
  if (!far) return ["node(s) didn't match pod anti-affinity rules"];
  const spread = ((pod['spec'].topologySpreadConstraints ?? []) as KubeObject[]).every(
    (one) => one['whenUnsatisfiable'] === 'ScheduleAnyway' || isSpread(pod, node, scene, one),
  );
  return spread ? [] : ["node(s) didn't match pod topology spread constraints"];
}

function inDomain(pod: KubeObject, node: KubeObject, scene: Scene, term: KubeObject): readonly KubeObject[] {
  const key = term['topologyKey'] as string;
  const domain = node['metadata'].labels?.[key];
  const namespaces = (term['namespaces'] ?? [pod['metadata'].namespace]) as string[];
  const nodes = new Set(
    scene.nodes.filter((one) => one['metadata'].labels?.[key] === domain).map((one) => one['metadata'].name),
  );
  return scene.placed.filter(
    (one) =>
      nodes.has(one['spec'].nodeName) &&
      namespaces.includes(one['metadata'].namespace) &&
      selects(term['labelSelector'], one['metadata'].labels),
  );
}

function isSpread(pod: KubeObject, node: KubeObject, scene: Scene, constraint: KubeObject): boolean {
  const counts = scene.nodes.map((one) => inDomain(pod, one, scene, constraint).length);
  return inDomain(pod, node, scene, constraint).length + 1 - Math.min(...counts) <= Number(constraint['maxSkew'] ?? 1);
}
