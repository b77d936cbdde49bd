import type { Evidence } from '../evidence.ts';
import { objectOf } from '../evidence.ts';
import { at, number, text, type JsonObject } from '../json.ts';
import { annotations } from '../kubernetes.ts';
import type { ActionDefinition, Refusal, Risk } from './action-definition.ts';
import { rolloutProgress } from './rollout.ts';
import {
  asks,
  can,
  isStamped,
  NamedInNamespace,
  pluralOf,
  refuseObject,
  rfc3339,
  stampedPatch,
  templateOf,
  workload,
  type WorkloadKind,
} from './workload.ts';

/** Settings under which a change of the template replaces no pod, or not all of them. */
function refuseRollout(live: JsonObject | undefined, what: string): Refusal | undefined {
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

/** As `kubectl rollout restart`: an annotation on the pod template, so that the rollout rules replace pod by pod. */
function restart(
  kind: WorkloadKind,
  words: { readonly name: string; readonly summary: string; readonly risk: Risk },
): ActionDefinition<NamedInNamespace> {
  const live = (params: NamedInNamespace, evidence: Evidence) => objectOf(evidence, workload(kind, params));
  const what = ({ ns, name }: NamedInNamespace): string => `${kind} ${ns}/${name}`;
  return {
    ...words,
    schemaVersion: 1,
    reversible: false,
    kinds: [kind],
    params: NamedInNamespace,
    order: ['name', 'ns'],
    needs: (params) => [asks(workload(kind, params))],
    permissions: ({ ns, name }) => [
      can('get', pluralOf(kind), 'apps', ns, name),
      can('patch', pluralOf(kind), 'apps', ns, name),
    ],
    refuse(params, evidence) {
      const object = live(params, evidence);
      const quorum = kind === 'StatefulSet' ? refuseQuorum : () => undefined;
      return refuseObject(object, what(params)) ?? refuseRollout(object, what(params)) ?? quorum(object, what(params));
    },
    request: (params, evidence, stamp) =>
      stampedPatch(
        workload(kind, params),
        live(params, evidence),
        stamp,
        { template: { metadata: { annotations: { [annotations.restartedAt]: rfc3339(stamp.startedAt) } } } },
        'strategic',
      ),
    done: (params, evidence, stamp) => isStamped(live(params, evidence), stamp),
    relevant: (params, evidence) => ({
      uid: text(live(params, evidence), 'metadata', 'uid'),
      template: templateOf(live(params, evidence)),
    }),
    preImage: () => ({}),
    undo: () => undefined,
    progress: (params, evidence) => rolloutProgress(live(params, evidence)),
    sentence: (params) => `Restart ${what(params)} pod by pod`,
  };
}

export const restartDeployment = restart('Deployment', {
  name: 'restart_deployment',
  summary: 'Replace the pods of a Deployment one after the other, as kubectl rollout restart does.',
  risk: 'low',
});
/** No surge: while a member restarts, it is missing. */
export const restartStatefulSet = restart('StatefulSet', {
  name: 'restart_statefulset',
  summary:
    'Replace the pods of a StatefulSet one after the other, from the last ordinal, each when the one before is ready.',
  risk: 'medium',
});
/** Every node is without its pod for a moment. */
export const restartDaemonSet = restart('DaemonSet', {
  name: 'restart_daemonset',
  summary: 'Replace the pods of a DaemonSet node by node, as its update strategy allows.',
  risk: 'medium',
});
