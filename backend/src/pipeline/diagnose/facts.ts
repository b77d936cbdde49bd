import {
  autoscalerOf,
  lastRollout,
  list,
  number,
  printCpu,
  printMemory,
  quantity,
  text,
  type JsonObject,
} from '../../model/index.ts';
import { changeWindow, type Facts, type Symptoms } from './symptoms.ts';

/** Was the target's template changed since shortly before the first symptom, and not by us? */
export function rolledOut(symptoms: Symptoms): boolean {
  const rollout = lastRollout(symptoms.state);
  if (!rollout) return false;
  const { startedAt, changes } = symptoms.incident;
  if (rollout.at < startedAt - changeWindow) return false;
  return !changes.some((change) => change.byUs && Math.abs(change.at - rollout.at) < 60);
}

/** Was it changed shortly before the first symptom, so that it may be the cause? */
export const recentRollout = (symptoms: Symptoms): boolean =>
  rolledOut(symptoms) && (lastRollout(symptoms.state)?.at ?? Infinity) <= symptoms.incident.startedAt + 60;

/** The container's spec by name, else the first one. */
export function containerSpec(live: JsonObject | undefined, name?: string): JsonObject | undefined {
  const containers = list(live, 'spec', 'template', 'spec', 'containers');
  return containers.find((container) => container['name'] === name) ?? containers[0];
}

const limitOf = (container: JsonObject | undefined, what: 'cpu' | 'memory'): number =>
  quantity(text(container, 'resources', 'limits', what));

/** Facts that every workload cause offers to a runbook. */
export function workloadFacts(symptoms: Symptoms, containerName?: string): Facts {
  const { target } = symptoms.incident;
  const { live, autoscalers, revisions } = symptoms.state;
  const container = containerSpec(live, containerName);
  const memory = limitOf(container, 'memory');
  const cpu = limitOf(container, 'cpu');
  const replicas = live?.['spec'] ? number(live, 'spec', 'replicas') : 0;
  return {
    kind: target.kind,
    name: target.name,
    ns: target.namespace,
    replicas,
    container: text(container, 'name'),
    recentRollout: recentRollout(symptoms),
    hasPreviousRevision: revisions.length > 1,
    autoscaled: autoscalerOf(target.kind, target.name, autoscalers) !== undefined,
    ...(Number.isFinite(memory) && { memoryLimit: printMemory(memory), memoryWanted: printMemory(memory * 2) }),
    ...(Number.isFinite(cpu) && { cpuLimit: printCpu(cpu), cpuWanted: printCpu(cpu * 2) }),
  };
}
