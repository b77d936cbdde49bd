import {
  autoscalerOf,
  list,
  number,
  object,
  printCpu,
  printMemory,
  quantity,
  seconds,
  targetKey,
  text,
  type JsonObject,
} from '../../model/index.ts';
import { changeWindow, type Facts, type Symptoms } from './symptoms.ts';
import { templateDiff, type TemplateDiff } from './template-diff.ts';

/** The newest release of a suspect: when it came, by which ReplicaSet, and what it changed. */
export interface Release {
  readonly at: number;
  readonly uid: string;
  readonly diff: TemplateDiff;
}

/** The last change of the pod spec, by whatever way; restarts are none. Undefined when there has been none. */
export function releaseOf({ state }: Symptoms): Release | undefined {
  const [newest, ...older] = state.revisions;
  if (!newest) return undefined;
  let first = newest;
  for (const revision of older) {
    const diff = templateDiff(revision, newest);
    if (diff.anything)
      return {
        at: seconds(text(first, 'metadata', 'creationTimestamp')),
        uid: text(newest, 'metadata', 'uid'),
        diff,
      };
    first = revision;
  }
  return undefined;
}

/** The release, when it came since shortly before the first symptom, and not by us. */
export function rolledOut(symptoms: Symptoms): Release | undefined {
  const release = releaseOf(symptoms);
  const { suspect, incident, around } = symptoms;
  if (!release || release.at < incident.startedAt - changeWindow) return undefined;
  const ours = around.changes.some(
    (change) => change.byUs && targetKey(change.target) === targetKey(suspect) && Math.abs(change.at - release.at) < 60,
  );
  return ours ? undefined : release;
}

/** The release that came shortly before the first symptom, so that it may be the cause. */
export function recentRelease(symptoms: Symptoms): Release | undefined {
  const release = rolledOut(symptoms);
  return release && release.at <= symptoms.incident.startedAt + 60 ? release : undefined;
}

const gitOpsMarks: readonly (readonly ['annotations' | 'labels', string, string])[] = [
  ['annotations', 'argocd.argoproj.io/tracking-id', 'Argo CD'],
  ['labels', 'argocd.argoproj.io/instance', 'Argo CD'],
  ['labels', 'kustomize.toolkit.fluxcd.io/name', 'Flux'],
  ['labels', 'helm.toolkit.fluxcd.io/name', 'Flux'],
];

/** Which GitOps agent owns an object and would put back what anybody else writes; empty = none. */
export const gitOpsOwner = (live: JsonObject | undefined): string =>
  gitOpsMarks.find(([where, mark]) => text(object(live, 'metadata', where), mark) !== '')?.[2] ?? '';

/** The container's spec by name, else the first one. */
export function containerSpec(live: JsonObject | undefined, name?: string): JsonObject | undefined {
  const containers = list(live, 'spec', 'template', 'spec', 'containers');
  return containers.find((container) => container['name'] === name) ?? containers[0];
}

const limitOf = (container: JsonObject | undefined, what: 'cpu' | 'memory'): number =>
  quantity(text(container, 'resources', 'limits', what));

/** Facts that every workload cause offers to a runbook. */
export function workloadFacts(symptoms: Symptoms, containerName?: string): Facts {
  const { suspect } = symptoms;
  const { live, autoscalers } = symptoms.state;
  const container = containerSpec(live, containerName);
  const memory = limitOf(container, 'memory');
  const cpu = limitOf(container, 'cpu');
  const replicas = live?.['spec'] ? number(live, 'spec', 'replicas') : 0;
  const gitOps = gitOpsOwner(live);
  return {
    kind: suspect.kind,
    name: suspect.name,
    ns: suspect.namespace,
    replicas,
    container: text(container, 'name'),
    recentRollout: recentRelease(symptoms) !== undefined,
    hasPreviousRevision: releaseOf(symptoms) !== undefined,
    autoscaled: autoscalerOf(suspect.kind, suspect.name, autoscalers) !== undefined,
    gitOps: gitOps !== '',
    ...(gitOps && { gitOpsOwner: gitOps }),
    ...(Number.isFinite(memory) && { memoryLimit: printMemory(memory), memoryWanted: printMemory(memory * 2) }),
    ...(Number.isFinite(cpu) && { cpuLimit: printCpu(cpu), cpuWanted: printCpu(cpu * 2) }),
  };
}
