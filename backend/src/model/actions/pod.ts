import { z } from 'zod';
import type { Evidence } from '../evidence.ts';
import { objectOf } from '../evidence.ts';
import { list, text, type JsonObject } from '../json.ts';
import type { ObjectRef } from '../kubernetes.ts';
import type { Progress, Refusal } from './action-definition.ts';
import { Name, refuseObject } from './workload.ts';

export const PodParams = z.strictObject({ name: Name, ns: Name, uid: z.string().max(64).optional() });
export type PodParams = z.infer<typeof PodParams>;

export const pod = (params: PodParams): ObjectRef => ({ kind: 'Pod', namespace: params.ns, name: params.name });
export const livePod = (params: PodParams, evidence: Evidence): JsonObject | undefined =>
  objectOf(evidence, pod(params));

/** A repeat can never hit the pod that replaced the one meant. */
export function withUid<P extends PodParams>(params: P, evidence: Evidence): P {
  const uid = params.uid ?? text(livePod(params, evidence), 'metadata', 'uid');
  return uid ? { ...params, uid } : params;
}

export const isMirror = (live: JsonObject | undefined): boolean =>
  text(live, 'metadata', 'annotations', 'kubernetes.io/config.mirror') !== '';
export const controllerOf = (live: JsonObject | undefined): JsonObject | undefined =>
  list(live, 'metadata', 'ownerReferences').find((reference) => reference['controller'] === true);

/** Descheduler's refusals: never a bare, mirror, DaemonSet or system-critical pod. */
export function refusePod(params: PodParams, evidence: Evidence): Refusal | undefined {
  const live = livePod(params, evidence);
  const what = `Pod ${params.ns}/${params.name}`;
  if (live && params.uid && text(live, 'metadata', 'uid') !== params.uid)
    return { reason: 'TargetReplaced', message: `${what} is another pod now (uid ${text(live, 'metadata', 'uid')})` };
  const refused = refuseObject(live, what);
  if (refused && refused.reason !== 'TargetTerminating') return refused;
  if (isMirror(live)) return { reason: 'MirrorPod', message: `${what} is a static pod of its node` };
  if (text(live, 'spec', 'priorityClassName').startsWith('system-'))
    return { reason: 'SystemCritical', message: `${what} is system critical` };
  const owner = controllerOf(live);
  if (!owner) return { reason: 'BarePod', message: `${what} has no controller that would replace it` };
  if (owner['kind'] === 'DaemonSet')
    return { reason: 'DaemonSetPod', message: `${what} belongs to a DaemonSet; it would come back on the same node` };
  return undefined;
}

/** Gone, replaced under the same name, or on its way out: our delete or eviction took. */
export function podLeaves(live: JsonObject | undefined, uid: string): boolean {
  return (
    !live || (uid !== '' && text(live, 'metadata', 'uid') !== uid) || text(live, 'metadata', 'deletionTimestamp') !== ''
  );
}

export function podProgress(live: JsonObject | undefined, uid: string): Progress {
  if (!live || text(live, 'metadata', 'uid') !== uid) return { state: 'Settled', message: 'the pod is gone' };
  return { state: 'Progressing', message: 'the pod is still terminating' };
}
