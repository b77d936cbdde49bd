import {
  annotations,
  at,
  fieldManager,
  list,
  number,
  object,
  text,
  type Intervention,
  type JsonObject,
} from '../../model/index.ts';
import type { Kept, Write } from './tidy.ts';

/** A change of one object, before it is given a target and a place in the order of changes. */
export type Change = Pick<Intervention, 'at' | 'kind' | 'byUs' | 'message'>;

const rfc3339 = (value: string): number => Date.parse(value) / 1000;
const stampOf = (source: JsonObject): string => text(source, 'metadata', 'annotations', annotations.actionId);
const restartedAt = (source: JsonObject): string =>
  text(source, 'spec', 'template', 'metadata', 'annotations', annotations.restartedAt);

/** The template without the restart stamp: what is left is what runs. */
function running(source: JsonObject): string {
  const template = object(source, 'spec', 'template');
  const noted = Object.entries(object(template, 'metadata', 'annotations')).filter(
    ([key]) => key !== annotations.restartedAt,
  );
  return JSON.stringify({ ...template, metadata: { ...object(template, 'metadata'), annotations: noted } });
}

const images = (source: JsonObject): readonly string[] =>
  list(source, 'spec', 'template', 'spec', 'containers').map((container) => text(container, 'image'));

function rolloutMessage(before: JsonObject, after: JsonObject): string {
  const [was, is] = [images(before), images(after)];
  const moved = is.flatMap((image, i) => (image === was[i] ? [] : [`${was[i] ?? 'none'} → ${image}`]));
  return moved.length > 0 ? `image ${moved.join(', ')}` : 'the pod template changed';
}

const latest = (writes: readonly Write[], field: 'replicas' | 'template'): Write | undefined =>
  writes.filter((write) => write[field]).reduce<Write | undefined>((a, b) => (a && a.at >= b.at ? a : b), undefined);

/** Ours, when our stamp is new on the object or our field manager wrote the field last. */
function isByUs(before: JsonObject | undefined, after: Kept, field: 'replicas' | 'template'): boolean {
  const stamp = stampOf(after.object);
  if (stamp && before && stamp !== stampOf(before)) return true;
  return latest(after.writes, field)?.manager === fieldManager;
}

/** When a field was written: the server's own record when it is plausible, else what the object's parts say, else now. */
function whenOf(candidates: readonly (number | undefined)[], now: number): number {
  const known = candidates.find((one) => one !== undefined && Number.isFinite(one) && one > 0 && one <= now + 60);
  return known ?? now;
}

/** The pod template's new revision as its ReplicaSet shows it; a revision that came back is older than the change. */
function revisionCreated(before: JsonObject | undefined, after: JsonObject, replicaSets: readonly JsonObject[]) {
  const revision = (source: JsonObject | undefined) =>
    text(source, 'metadata', 'annotations', 'deployment.kubernetes.io/revision');
  if (!revision(after) || revision(after) === revision(before)) return undefined;
  const newest = replicaSets.find((rs) => revision(rs) === revision(after));
  const others = replicaSets
    .filter((rs) => rs !== newest)
    .map((rs) => rfc3339(text(rs, 'metadata', 'creationTimestamp')));
  const created = rfc3339(text(newest, 'metadata', 'creationTimestamp'));
  return others.every((one) => one <= created) ? created : undefined;
}

const progressedAt = (source: JsonObject): number | undefined => {
  if (number(source, 'status', 'observedGeneration') < number(source, 'metadata', 'generation')) return undefined;
  const progressing = list(source, 'status', 'conditions').find((one) => one['type'] === 'Progressing');
  return progressing && rfc3339(text(progressing, 'lastUpdateTime'));
};

/** What changed on a workload between two looks at it: a rollout, a restart, a scaling. Empty when nothing that matters did. */
export function workloadChanges(
  before: Kept,
  after: Kept,
  context: { readonly replicaSets: readonly JsonObject[]; readonly now: number },
): readonly Change[] {
  const [was, is] = [before.object, after.object];
  const changes: Change[] = [];
  const written = latest(after.writes, 'template')?.at;
  const restart = restartedAt(is);
  if (running(was) !== running(is)) {
    const when = whenOf([written, revisionCreated(was, is, context.replicaSets), progressedAt(is)], context.now);
    changes.push({ at: when, kind: 'Rollout', byUs: isByUs(was, after, 'template'), message: rolloutMessage(was, is) });
  } else if (restart !== restartedAt(was)) {
    const when = whenOf([written, rfc3339(restart)], context.now);
    changes.push({ at: when, kind: 'Restart', byUs: isByUs(was, after, 'template'), message: 'restarted pod by pod' });
  }
  const [from, to] = [replicasOf(was), replicasOf(is)];
  if (from !== to) {
    const byUs = isByUs(was, after, 'replicas');
    const when = whenOf([latest(after.writes, 'replicas')?.at], context.now);
    changes.push({ at: when, kind: 'Scaling', byUs, message: `scaled from ${from} to ${to} replicas` });
  }
  return changes;
}

const replicasOf = (source: JsonObject): number =>
  at(source, 'spec', 'replicas') === undefined ? 1 : number(source, 'spec', 'replicas');

/**
 * What happened to a workload before we first saw it, as far as it tells: the last write of its template, its restart
 * stamp, its newest revision. `since`: older news is no news.
 */
export function pastChanges(
  kept: Kept,
  context: { readonly replicaSets: readonly JsonObject[]; readonly since: number; readonly now: number },
): readonly Change[] {
  const source = kept.object;
  const created = rfc3339(text(source, 'metadata', 'creationTimestamp'));
  const isNews = (when: number | undefined): when is number =>
    when !== undefined && when > created + 1 && when >= context.since && when <= context.now + 60;
  const restart = rfc3339(restartedAt(source));
  const written = latest(kept.writes, 'template')?.at;
  const byUs = isByUs(undefined, kept, 'template');
  if (isNews(restart) && (written === undefined || Math.abs(written - restart) < 30))
    return [{ at: restart, kind: 'Restart', byUs, message: 'restarted pod by pod' }];
  const revision = context.replicaSets.length > 1 ? revisionCreated(undefined, source, context.replicaSets) : undefined;
  const when = [written, revision].find(isNews);
  return when === undefined ? [] : [{ at: when, kind: 'Rollout', byUs, message: 'the pod template changed' }];
}

export function nodeChanges(before: Kept, after: Kept, now: number): readonly Change[] {
  const cordoned = (kept: Kept) => at(kept.object, 'spec', 'unschedulable') === true;
  if (cordoned(before) === cordoned(after)) return [];
  const stamp = stampOf(after.object);
  return [
    {
      at: cordoned(after) ? whenOf([taintedAt(after.object)], now) : now,
      kind: 'NodeCordon',
      byUs: stamp !== '' && stamp !== stampOf(before.object),
      message: cordoned(after) ? 'cordoned' : 'uncordoned',
    },
  ];
}

const taintedAt = (node: JsonObject): number | undefined => {
  const taint = list(node, 'spec', 'taints').find((one) => one['key'] === 'node.kubernetes.io/unschedulable');
  return taint && rfc3339(text(taint, 'timeAdded'));
};

/** When an autoscaler last moved its target (Unix s), and to how many. */
export function autoscaled(hpa: JsonObject): { readonly at: number; readonly replicas: number } | undefined {
  const when = rfc3339(text(hpa, 'status', 'lastScaleTime'));
  return Number.isFinite(when) ? { at: when, replicas: number(hpa, 'status', 'desiredReplicas') } : undefined;
}
