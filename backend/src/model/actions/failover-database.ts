import { z } from 'zod';
import type { Evidence } from '../evidence.ts';
import { objectOf } from '../evidence.ts';
import { list, number, text, type JsonObject } from '../json.ts';
import type { KubernetesRequest, ObjectRef } from '../kubernetes.ts';
import type { ActionDefinition, Progress, Refusal, Stamp } from './action-definition.ts';
import { controllerOf } from './pod.ts';
import { asks, can, guards, isUndo, listed, Name, refuseObject } from './workload.ts';

const Params = z.strictObject({ name: Name, ns: Name, to: Name.optional() });
type Params = z.infer<typeof Params>;

const database = ({ ns, name }: Params): ObjectRef => ({ kind: 'Cluster', namespace: ns, name });
const live = (params: Params, evidence: Evidence): JsonObject | undefined => objectOf(evidence, database(params));
const what = ({ ns, name }: Params): string => `database Cluster ${ns}/${name}`;
const instances = ({ ns, name }: Params) =>
  ({ kind: 'List', of: 'Pod', namespace: ns, labelSelector: `cnpg.io/cluster=${name}`, limit: 200 }) as const;

const currentPrimary = (cluster: JsonObject | undefined): string => text(cluster, 'status', 'currentPrimary');
const targetPrimary = (cluster: JsonObject | undefined): string => text(cluster, 'status', 'targetPrimary');
const nameOf = (pod: JsonObject): string => text(pod, 'metadata', 'name');

/** Ready instances beside the primary, by name. Which of them lags the least, the Kubernetes API does not say. */
function standbys(params: Params, evidence: Evidence): readonly string[] {
  const cluster = live(params, evidence);
  const uid = text(cluster, 'metadata', 'uid');
  return listed(evidence, instances(params))
    .filter((pod) => controllerOf(pod)?.['uid'] === uid && text(pod, 'metadata', 'deletionTimestamp') === '')
    .filter((pod) => list(pod, 'status', 'conditions').some((c) => c['type'] === 'Ready' && c['status'] === 'True'))
    .map(nameOf)
    .filter((name) => name !== currentPrimary(cluster))
    .toSorted();
}

function refuseInstance(params: Params, evidence: Evidence): Refusal | undefined {
  const cluster = live(params, evidence);
  const [current, target] = [currentPrimary(cluster), targetPrimary(cluster)];
  if (current === '' || (target !== '' && target !== current))
    return { reason: 'SwitchoverRunning', message: `${what(params)} is choosing a primary at this moment` };
  if (params.to === current)
    return { reason: 'NothingToDo', message: `${current} is the primary of ${what(params)} already` };
  const ready = standbys(params, evidence);
  if (params.to !== undefined && !ready.includes(params.to))
    return { reason: 'StandbyNotReady', message: `${params.to} is not a ready standby of ${what(params)}` };
  if (ready.length === 0) return { reason: 'NoStandby', message: `${what(params)} has no ready standby to promote` };
  return undefined;
}

/** CloudNativePG reads its timestamps with exactly six digits after the point. */
const rfc3339Micro = (seconds: number): string => new Date(seconds * 1000).toISOString().replace('Z', '000Z');

/** What `kubectl cnpg promote` writes. The status of a custom resource takes no annotation: the value itself is our mark. */
function promote(params: Params, evidence: Evidence, to: string, stamp: Stamp): KubernetesRequest {
  const cluster = live(params, evidence);
  const status = {
    targetPrimary: to,
    targetPrimaryTimestamp: rfc3339Micro(stamp.startedAt),
    phase: 'Switchover in progress',
    phaseReason: `Switching over to ${to}`,
  };
  return {
    ...{ verb: 'patch', ref: database(params), subresource: 'status', patch: 'merge' },
    preconditions: guards(cluster),
    body: { metadata: guards(cluster), status },
  };
}

function progressOf(params: Params, cluster: JsonObject | undefined): Progress {
  if (!cluster) return { state: 'Failed', reason: 'TargetNotFound', message: `${what(params)} is gone` };
  const to = params.to ?? '';
  if (currentPrimary(cluster) !== to && targetPrimary(cluster) !== to)
    return { state: 'Failed', reason: 'Reverted', message: `another instance than ${to} is to be the primary now` };
  if (currentPrimary(cluster) !== to) return { state: 'Progressing', message: `${to} is being promoted` };
  const [ready, wanted] = [number(cluster, 'status', 'readyInstances'), number(cluster, 'spec', 'instances')];
  if (ready < wanted)
    return { state: 'Progressing', message: `${to} leads; ${ready} of ${wanted} instances are ready` };
  return { state: 'Settled', message: `${to} leads and ${ready} of ${wanted} instances are ready` };
}

/** Promotes a standby of a CloudNativePG Cluster; writes fail for the moment that this takes. The way back promotes the old primary. */
export const failoverDatabase: ActionDefinition<Params> = {
  name: 'failover_database',
  schemaVersion: 1,
  summary: 'Promote a ready standby of a CloudNativePG database Cluster to primary.',
  risk: 'high',
  reversible: true,
  kinds: ['Cluster'],
  params: Params,
  order: ['name', 'ns', 'to'],
  needs: (params) => [asks(database(params)), instances(params)],
  permissions: ({ ns, name }) => [
    can('get', 'clusters', 'postgresql.cnpg.io', ns, name),
    can('list', 'pods', '', ns),
    { ...can('patch', 'clusters', 'postgresql.cnpg.io', ns, name), subresource: 'status' },
  ],
  pin: (params, evidence) => {
    const to = params.to ?? standbys(params, evidence)[0];
    return to === undefined ? params : { ...params, to };
  },
  refuse: (params, evidence) => refuseObject(live(params, evidence), what(params)) ?? refuseInstance(params, evidence),
  request: (params, evidence, stamp) =>
    params.to === undefined ? undefined : promote(params, evidence, params.to, stamp),
  done(params, evidence, stamp) {
    const promoted = targetPrimary(live(params, evidence)) === params.to;
    return isUndo(stamp) ? !promoted : promoted;
  },
  relevant: (params, evidence) => ({
    uid: text(live(params, evidence), 'metadata', 'uid'),
    primary: currentPrimary(live(params, evidence)),
  }),
  preImage: (params, evidence) => ({ primary: currentPrimary(live(params, evidence)) }),
  undo(params, evidence, preImage, stamp) {
    const before = text(preImage, 'primary');
    const ours = currentPrimary(live(params, evidence)) === params.to;
    if (!ours || !standbys(params, evidence).includes(before)) return undefined;
    return promote(params, evidence, before, stamp);
  },
  progress: (params, evidence) => progressOf(params, live(params, evidence)),
  sentence: (params) => `Promote ${params.to ?? 'a ready standby'} to primary of ${what(params)}`,
};
