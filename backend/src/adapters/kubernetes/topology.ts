import { list, text, type JsonObject, type KnownKind, type Target, type Topology } from '../../model/index.ts';
import { provisionalOwner } from './provisional-owner.ts';
import type { Kept } from './tidy.ts';

/** The topology and the two ways to change it: `put` and `drop` are called by the watcher only. */
export interface TopologyIndex {
  readonly view: Omit<Topology, 'interventions'>;
  get(kind: KnownKind, key: string): Kept | undefined;
  put(kind: KnownKind, key: string, kept: Kept): void;
  drop(kind: KnownKind, key: string): void;
  /** The objects of a kind, in no order. */
  all(kind: KnownKind): Iterable<Kept>;
  childrenOf(uid: string): readonly JsonObject[];
}

const nameOf = (source: JsonObject): string => text(source, 'metadata', 'name');
const namespaceOf = (source: JsonObject): string => text(source, 'metadata', 'namespace');
const uidOf = (source: JsonObject): string => text(source, 'metadata', 'uid');
const controllerOf = (source: JsonObject): JsonObject | undefined =>
  list(source, 'metadata', 'ownerReferences').find((owner) => owner['controller'] === true);

/** Sets by key; an empty set is dropped. */
function createIndex() {
  const sets = new Map<string, Set<string>>();
  return {
    add(at: string, key: string): void {
      if (!at) return;
      const set = sets.get(at) ?? new Set();
      sets.set(at, set.add(key));
    },
    remove(at: string, key: string): void {
      const set = sets.get(at);
      set?.delete(key);
      if (set?.size === 0) sets.delete(at);
    },
    of: (at: string): Iterable<string> => sets.get(at) ?? [],
  };
}

/** Kinds whose objects own what runs, from the top down. */
const tops: readonly KnownKind[] = ['Deployment', 'StatefulSet', 'DaemonSet', 'CronJob', 'Job', 'ReplicaSet', 'Pod'];
const maxDepth = 5;

/** Static pods belong to the cluster itself: `etcd-node-1` is the component etcd. */
function componentOf(cluster: string, pod: JsonObject): Target | undefined {
  const isMirror = text(pod, 'metadata', 'annotations', 'kubernetes.io/config.mirror') !== '';
  if (!isMirror && controllerOf(pod)?.['kind'] !== 'Node') return undefined;
  const node = text(pod, 'spec', 'nodeName');
  const name = nameOf(pod);
  return {
    cluster,
    kind: 'Component',
    namespace: '',
    name: node && name.endsWith(`-${node}`) ? name.slice(0, -node.length - 1) : name,
  };
}

/** Objects that name owners, that are owned, or that owners are looked for among. */
const kin: ReadonlySet<KnownKind> = new Set([...tops, 'Node', 'PersistentVolumeClaim', 'HorizontalPodAutoscaler']);

/** All that `ownerOf` reads of an object: equal texts, equal answers. */
const kinshipOf = (source: JsonObject): string =>
  JSON.stringify([
    ...[uidOf(source), controllerOf(source), text(source, 'spec', 'nodeName')],
    text(source, 'metadata', 'annotations', 'kubernetes.io/config.mirror'),
    text(source, 'spec', 'scaleTargetRef', 'kind'),
    text(source, 'spec', 'scaleTargetRef', 'name'),
    list(source, 'spec', 'volumeClaimTemplates').map(nameOf),
  ]);

export function createTopology(cluster: string): TopologyIndex {
  const kinds = new Map<KnownKind, Map<string, Kept>>();
  /** uid of a controller → `Kind|key` of what it controls; name of a node → keys of its pods. */
  const children = createIndex();
  const onNode = createIndex();
  let revision = 0;

  const shelf = (kind: KnownKind): Map<string, Kept> => {
    const found = kinds.get(kind) ?? new Map<string, Kept>();
    kinds.set(kind, found);
    return found;
  };
  const find = (kind: string, namespace: string, name: string): JsonObject | undefined =>
    kinds.get(kind as KnownKind)?.get(`${namespace}/${name}`)?.object;

  const targetOf = (kind: string, source: JsonObject): Target => ({
    ...{ cluster, kind, namespace: namespaceOf(source), name: nameOf(source) },
    ...(uidOf(source) && { uid: uidOf(source) }),
  });

  /** Up the chain of controllers, as long as it names objects that we know. */
  function top(kind: string, source: JsonObject): Target {
    let here = { kind, source };
    for (let depth = 0; depth < maxDepth; depth += 1) {
      const owner = controllerOf(here.source);
      const above = owner && find(text(owner, 'kind'), namespaceOf(source), text(owner, 'name'));
      if (!above || uidOf(above) !== text(owner, 'uid')) return unseenOwner(here.kind, here.source, owner);
      here = { kind: text(owner, 'kind'), source: above };
    }
    return targetOf(here.kind, here.source);
  }

  /** A pod can be seen before its ReplicaSet is: then its name tells who is above. */
  function unseenOwner(kind: string, source: JsonObject, owner: JsonObject | undefined): Target {
    const known = ['ReplicaSet', 'Job', 'StatefulSet', 'DaemonSet'];
    if (kind !== 'Pod' || !owner || !known.includes(text(owner, 'kind'))) return targetOf(kind, source);
    return (
      provisionalOwner(cluster, namespaceOf(source), nameOf(source), find, text(owner, 'kind')) ??
      targetOf(kind, source)
    );
  }

  function ownerOfPod(namespace: string, name: string): Target | undefined {
    const pod = find('Pod', namespace, name);
    if (pod) return componentOf(cluster, pod) ?? top('Pod', pod);
    return provisionalOwner(cluster, namespace, name, find);
  }

  /** The StatefulSet that a claim was made for: `<template>-<set>-<ordinal>`. */
  function ownerOfClaim(namespace: string, claim: JsonObject): Target {
    const name = nameOf(claim);
    for (const { object: set } of shelf('StatefulSet').values()) {
      if (namespaceOf(set) !== namespace) continue;
      const made = list(set, 'spec', 'volumeClaimTemplates').some((template) => {
        const prefix = `${text(template, 'metadata', 'name')}-${nameOf(set)}-`;
        return name.startsWith(prefix) && /^\d+$/.test(name.slice(prefix.length));
      });
      if (made) return targetOf('StatefulSet', set);
    }
    return targetOf('PersistentVolumeClaim', claim);
  }

  function ownerOfAutoscaler(namespace: string, hpa: JsonObject): Target {
    const kind = text(hpa, 'spec', 'scaleTargetRef', 'kind');
    const scaled = find(kind, namespace, text(hpa, 'spec', 'scaleTargetRef', 'name'));
    return scaled ? targetOf(kind, scaled) : targetOf('HorizontalPodAutoscaler', hpa);
  }

  function ownerOf(kind: string, namespace: string, name: string): Target | undefined {
    if (kind === 'Pod') return ownerOfPod(namespace, name);
    const found = find(kind, namespace, name);
    if (!found) return undefined;
    if (kind === 'PersistentVolumeClaim') return ownerOfClaim(namespace, found);
    if (kind === 'HorizontalPodAutoscaler') return ownerOfAutoscaler(namespace, found);
    return top(kind, found);
  }

  const childrenOf = (uid: string): readonly JsonObject[] =>
    [...children.of(uid)].flatMap((entry) => {
      const cut = entry.indexOf('|');
      const kept = kinds.get(entry.slice(0, cut) as KnownKind)?.get(entry.slice(cut + 1));
      return kept ? [kept.object] : [];
    });

  /** Pods below an object, through ReplicaSets and Jobs. */
  function podsBelow(uid: string, depth = 0): readonly JsonObject[] {
    if (!uid || depth > maxDepth) return [];
    return childrenOf(uid).flatMap((child) =>
      text(child, 'kind') === 'Pod' ? [child] : podsBelow(uidOf(child), depth + 1),
    );
  }

  function podsOf(target: Target): readonly JsonObject[] {
    if (target.kind === 'Node')
      return [...onNode.of(target.name)].flatMap((key) => {
        const pod = shelf('Pod').get(key);
        return pod ? [pod.object] : [];
      });
    const source = find(target.kind, target.namespace, target.name);
    if (!source) return [];
    return target.kind === 'Pod' ? [source] : podsBelow(uidOf(source));
  }

  function unlink(kind: KnownKind, key: string, source: JsonObject): void {
    children.remove(text(controllerOf(source), 'uid'), `${kind}|${key}`);
    if (kind === 'Pod') onNode.remove(text(source, 'spec', 'nodeName'), key);
  }

  const isTop = (source: JsonObject): boolean => {
    const owner = controllerOf(source);
    return !owner || !(tops as readonly string[]).includes(text(owner, 'kind'));
  };

  return {
    childrenOf,
    get: (kind, key) => kinds.get(kind)?.get(key),
    all: (kind) => shelf(kind).values(),
    put(kind, key, kept) {
      const before = shelf(kind).get(key)?.object;
      if (before) unlink(kind, key, before);
      if (kin.has(kind) && !(before && kinshipOf(before) === kinshipOf(kept.object))) revision += 1;
      shelf(kind).set(key, kept);
      children.add(text(controllerOf(kept.object), 'uid'), `${kind}|${key}`);
      if (kind === 'Pod') onNode.add(text(kept.object, 'spec', 'nodeName'), key);
    },
    drop(kind, key) {
      const before = shelf(kind).get(key)?.object;
      if (before) unlink(kind, key, before);
      if (before && kin.has(kind)) revision += 1;
      shelf(kind).delete(key);
    },
    view: {
      cluster,
      ownerOf,
      revision: () => revision,
      podsOf: (target) =>
        podsOf(target).map((pod) => ({ name: nameOf(pod), uid: uidOf(pod), node: text(pod, 'spec', 'nodeName') })),
      labelsOf: (target) => labelsOf(find(target.kind, target.namespace, target.name)),
      namespaces() {
        const names = [...shelf('Namespace').values()].map((one) => nameOf(one.object));
        if (names.length > 0) return names.sort();
        return [
          ...new Set(tops.flatMap((kind) => [...shelf(kind).values()].map((one) => namespaceOf(one.object)))),
        ].sort();
      },
      targets: () => [
        ...[...shelf('Node').values()].map((one) => targetOf('Node', one.object)),
        ...tops.flatMap((kind) =>
          [...shelf(kind).values()].filter((one) => isTop(one.object)).map((one) => targetOf(kind, one.object)),
        ),
      ],
      object: (target) => find(target.kind, target.namespace, target.name),
    },
  };
}

const labelsOf = (source: JsonObject | undefined): Readonly<Record<string, string>> => {
  const metadata = source?.['metadata'] as JsonObject | undefined;
  return (metadata?.['labels'] ?? {}) as Record<string, string>;
};
