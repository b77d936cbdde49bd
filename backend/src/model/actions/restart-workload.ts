import type { Evidence } from '../evidence.ts';
import { objectOf } from '../evidence.ts';
import { text } from '../json.ts';
import { annotations } from '../kubernetes.ts';
import type { ActionDefinition, Risk } from './action-definition.ts';
import { refuseRollout, rolloutProgress } from './rollout.ts';
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
      return refuseObject(object, what(params)) ?? refuseRollout(kind, object, what(params));
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
