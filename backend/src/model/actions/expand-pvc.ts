import { z } from 'zod';
import type { Evidence } from '../evidence.ts';
import { answerTo, objectOf } from '../evidence.ts';
import { at, list, text, type JsonObject } from '../json.ts';
import type { ObjectRef } from '../kubernetes.ts';
import type { ActionDefinition, Progress, Refusal } from './action-definition.ts';
import { Quantity, quantity } from './quantity.ts';
import { asks, can, isStamped, Name, refuseObject, stampedPatch } from './workload.ts';

const Params = z.strictObject({ name: Name, ns: Name, size: Quantity });
type Params = z.infer<typeof Params>;

/** A volume cannot shrink, so one plan may not grow it past this many times its present size. */
const maxFactor = 4;

const claim = ({ ns, name }: Params): ObjectRef => ({ kind: 'PersistentVolumeClaim', namespace: ns, name });
const live = (params: Params, evidence: Evidence): JsonObject | undefined => objectOf(evidence, claim(params));
const what = ({ ns, name }: Params): string => `PersistentVolumeClaim ${ns}/${name}`;
const classes = { kind: 'List', of: 'StorageClass', namespace: '', limit: 200 } as const;

const requested = (pvc: JsonObject | undefined): string => text(pvc, 'spec', 'resources', 'requests', 'storage');
const capacity = (pvc: JsonObject | undefined): number => quantity(text(pvc, 'status', 'capacity', 'storage'));
/** The larger of what is asked for and what there is. */
const sizeOf = (pvc: JsonObject | undefined): number =>
  Math.max(...[quantity(requested(pvc)), capacity(pvc)].filter((bytes) => !Number.isNaN(bytes)), 0);

/** The API server knows best (403 where a class cannot grow); we say so before a person is asked. */
function refuseClass(params: Params, evidence: Evidence): Refusal | undefined {
  const name = text(live(params, evidence), 'spec', 'storageClassName');
  const answer = answerTo(evidence, classes);
  const found = answer?.objects.find((one) => text(one, 'metadata', 'name') === name);
  if (!name) return { reason: 'NotExpandable', message: `${what(params)} has no storage class that could grow it` };
  // A cluster may not let us read its classes: the dry run decides then.
  if (!found || at(found, 'allowVolumeExpansion') === true) return undefined;
  return { reason: 'NotExpandable', message: `storage class ${name} does not allow volumes to be expanded` };
}

function refuseSize(params: Params, pvc: JsonObject | undefined): Refusal | undefined {
  const now = sizeOf(pvc);
  const size = quantity(params.size);
  if (text(pvc, 'status', 'phase') !== 'Bound')
    return { reason: 'NotBound', message: `${what(params)} is not bound to a volume yet` };
  if (size <= now)
    return {
      reason: 'SizeRefused',
      message: `${params.size} is not more than the present ${requested(pvc)}; a volume cannot shrink`,
    };
  if (size > now * maxFactor)
    return {
      reason: 'SizeRefused',
      message: `${params.size} is more than ${maxFactor} times the present ${requested(pvc)}`,
    };
  return undefined;
}

/** The resizer's own word for why a volume does not grow (Kubernetes 1.31 and later), or undefined. */
const infeasible = (pvc: JsonObject): string | undefined => {
  const said = text(pvc, 'status', 'allocatedResourceStatuses', 'storage');
  return said.endsWith('Infeasible') || said.endsWith('Failed') ? said : undefined;
};

function progressOf(params: Params, pvc: JsonObject | undefined): Progress {
  if (!pvc) return { state: 'Failed', reason: 'TargetNotFound', message: `${what(params)} is gone` };
  if (capacity(pvc) >= quantity(params.size))
    return { state: 'Settled', message: `the volume has ${text(pvc, 'status', 'capacity', 'storage')}` };
  if (quantity(requested(pvc)) < quantity(params.size))
    return { state: 'Failed', reason: 'Reverted', message: 'somebody asks for a smaller volume again' };
  const failed = infeasible(pvc);
  if (failed)
    return { state: 'Failed', reason: failed, message: `the storage cannot grow the volume to ${params.size}` };
  const pending = list(pvc, 'status', 'conditions').some(
    (one) => one['type'] === 'FileSystemResizePending' && one['status'] === 'True',
  );
  if (pending)
    return { state: 'Progressing', message: 'the volume has grown; its file system follows when a node mounts it' };
  return { state: 'Progressing', message: 'waiting for the storage to grow the volume' };
}

/** Asks for more storage; the volume grows in place. A StatefulSet's later replicas still get its template's size. */
export const expandPvc: ActionDefinition<Params> = {
  name: 'expand_pvc',
  schemaVersion: 1,
  summary: 'Grow the volume of a PersistentVolumeClaim; it cannot shrink again.',
  risk: 'low',
  reversible: false,
  kinds: ['PersistentVolumeClaim'],
  params: Params,
  order: ['name', 'ns', 'size'],
  needs: (params) => [asks(claim(params)), classes],
  permissions: ({ ns, name }) => [
    can('get', 'persistentvolumeclaims', '', ns, name),
    can('patch', 'persistentvolumeclaims', '', ns, name),
  ],
  refuse(params, evidence) {
    const pvc = live(params, evidence);
    return refuseObject(pvc, what(params)) ?? refuseSize(params, pvc) ?? refuseClass(params, evidence);
  },
  request: (params, evidence, stamp) =>
    stampedPatch(
      claim(params),
      live(params, evidence),
      stamp,
      { resources: { requests: { storage: params.size } } },
      'merge',
    ),
  done: (params, evidence, stamp) => isStamped(live(params, evidence), stamp),
  relevant: (params, evidence) => ({
    uid: text(live(params, evidence), 'metadata', 'uid'),
    size: requested(live(params, evidence)),
  }),
  preImage: (params, evidence) => ({ size: requested(live(params, evidence)) }),
  undo: () => undefined,
  progress: (params, evidence) => progressOf(params, live(params, evidence)),
  sentence: (params) => `Grow the volume of ${what(params)} to ${params.size}`,
};
