import { at, list, number, text, type JsonObject } from '../json.ts';
import type { Progress, Refusal } from './action-definition.ts';

const waiting = (message: string): Progress => ({ state: 'Progressing', message });
/** Left out of a spec, the count is 1. */
const wantedReplicas = (live: JsonObject): number =>
  at(live, 'spec', 'replicas') === undefined ? 1 : number(live, 'spec', 'replicas');

/** Rules of kubectl's rollout status (pkg/polymorphichelpers/rollout_status.go), by kind; undefined = settled. */
const rules: Readonly<Record<string, (live: JsonObject) => Progress | undefined>> = {
  Deployment(live) {
    const stuck = list(live, 'status', 'conditions').some(
      (one) => one['type'] === 'Progressing' && one['reason'] === 'ProgressDeadlineExceeded',
    );
    if (stuck)
      return {
        state: 'Failed',
        reason: 'ProgressDeadlineExceeded',
        message: 'the rollout exceeded its progress deadline',
      };
    const wanted = wantedReplicas(live);
    const updated = number(live, 'status', 'updatedReplicas');
    const total = number(live, 'status', 'replicas');
    const available = number(live, 'status', 'availableReplicas');
    if (updated < wanted) return waiting(`${updated} of ${wanted} replicas updated`);
    if (total > updated) return waiting(`${total - updated} old replicas still running`);
    if (available < wanted) return waiting(`${available} of ${wanted} replicas available`);
    return undefined;
  },
  StatefulSet(live) {
    const wanted = wantedReplicas(live);
    const ready = number(live, 'status', 'readyReplicas');
    const total = number(live, 'status', 'replicas');
    if (total > wanted) return waiting(`${total - wanted} replicas still to be removed`);
    if (ready < wanted) return waiting(`${ready} of ${wanted} replicas ready`);
    const partition = number(live, 'spec', 'updateStrategy', 'rollingUpdate', 'partition');
    const updated = number(live, 'status', 'updatedReplicas');
    if (partition > 0)
      return updated < wanted - partition ? waiting(`${updated} of ${wanted - partition} replicas updated`) : undefined;
    if (text(live, 'status', 'updateRevision') !== text(live, 'status', 'currentRevision'))
      return waiting(`${updated} of ${wanted} replicas updated`);
    return undefined;
  },
  DaemonSet(live) {
    const wanted = number(live, 'status', 'desiredNumberScheduled');
    const updated = number(live, 'status', 'updatedNumberScheduled');
    const available = number(live, 'status', 'numberAvailable');
    if (updated < wanted) return waiting(`${updated} of ${wanted} nodes run the new pod`);
    if (available < wanted) return waiting(`${available} of ${wanted} pods available`);
    return undefined;
  },
};

/** How far a workload's rollout is: observed first, then the rules of its kind. */
export function rolloutProgress(live: JsonObject | undefined): Progress {
  if (!live) return { state: 'Failed', reason: 'TargetNotFound', message: 'the workload is gone' };
  const kind = text(live, 'kind') || 'Deployment';
  if (number(live, 'metadata', 'generation') > number(live, 'status', 'observedGeneration'))
    return waiting(`waiting for the ${kind} controller to observe the change`);
  return rules[kind]?.(live) ?? { state: 'Settled', message: 'every replica is updated and available' };
}

/** Settings under which a change of the template replaces no pod, or not all of them. */
export function refuseStrategy(live: JsonObject | undefined, what: string): Refusal | undefined {
  if (at(live, 'spec', 'paused') === true)
    return { reason: 'RolloutPaused', message: `${what} is paused; resume it first` };
  if (text(live, 'spec', 'updateStrategy', 'type') === 'OnDelete')
    return { reason: 'OnDeleteStrategy', message: `${what} replaces a pod only when it is deleted (OnDelete)` };
  const partition = number(live, 'spec', 'updateStrategy', 'rollingUpdate', 'partition');
  if (partition > 0)
    return { reason: 'RolloutPartitioned', message: `${what} leaves the pods below ordinal ${partition} as they are` };
  return undefined;
}

/** A rollout takes the highest ordinal first, whichever member is missing already: that one and the next may be a majority. */
function refuseQuorum(live: JsonObject | undefined, what: string): Refusal | undefined {
  const members = number(live, 'spec', 'replicas');
  const ready = number(live, 'status', 'readyReplicas');
  const hasQuorum = ready * 2 > members;
  if (ready === members || !hasQuorum || (ready - 1) * 2 > members) return undefined;
  return {
    reason: 'QuorumAtRisk',
    message: `${what} has ${ready} of ${members} members; a restart would take one more. Replace the missing one first`,
  };
}

/** May a rollout be started that cures nothing by itself? undefined = yes. */
export const refuseRollout = (kind: string, live: JsonObject | undefined, what: string): Refusal | undefined =>
  refuseStrategy(live, what) ?? (kind === 'StatefulSet' ? refuseQuorum(live, what) : undefined);
