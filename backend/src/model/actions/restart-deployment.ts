import { at, text } from '../json.ts';
import { annotations } from '../kubernetes.ts';
import type { ActionDefinition } from './action-definition.ts';
import {
  asks,
  can,
  deployment,
  isStamped,
  liveDeployment,
  NamedInNamespace,
  refuseObject,
  rolloutProgress,
  stampedPatch,
  templateOf,
} from './workload.ts';

const rfc3339 = (seconds: number): string => new Date(Math.round(seconds) * 1000).toISOString().replace('.000Z', 'Z');

/** As `kubectl rollout restart`: an annotation on the pod template, so that the rollout rules replace pod by pod. */
export const restartDeployment: ActionDefinition<NamedInNamespace> = {
  name: 'restart_deployment',
  schemaVersion: 1,
  summary: 'Replace the pods of a Deployment one after the other, as kubectl rollout restart does.',
  risk: 'low',
  reversible: false,
  kinds: ['Deployment'],
  params: NamedInNamespace,
  order: ['name', 'ns'],
  needs: (params) => [asks(deployment(params))],
  permissions: ({ ns, name }) => [
    can('get', 'deployments', 'apps', ns, name),
    can('patch', 'deployments', 'apps', ns, name),
  ],
  refuse(params, evidence) {
    const live = liveDeployment(params, evidence);
    const refused = refuseObject(live, `Deployment ${params.ns}/${params.name}`);
    if (refused) return refused;
    if (at(live, 'spec', 'paused') === true)
      return { reason: 'RolloutPaused', message: `Deployment ${params.ns}/${params.name} is paused; resume it first` };
    return undefined;
  },
  request: (params, evidence, stamp) =>
    stampedPatch(
      deployment(params),
      liveDeployment(params, evidence),
      stamp,
      { template: { metadata: { annotations: { [annotations.restartedAt]: rfc3339(stamp.startedAt) } } } },
      'strategic',
    ),
  done: (params, evidence, stamp) => isStamped(liveDeployment(params, evidence), stamp),
  relevant: (params, evidence) => ({
    uid: text(liveDeployment(params, evidence), 'metadata', 'uid'),
    template: templateOf(liveDeployment(params, evidence)),
  }),
  preImage: () => ({}),
  undo: () => undefined,
  progress: (params, evidence) => rolloutProgress(liveDeployment(params, evidence)),
  sentence: ({ name, ns }) => `Restart Deployment ${ns}/${name} pod by pod`,
};
