import { z } from 'zod';
import type { Evidence } from '../evidence.ts';
import { objectOf } from '../evidence.ts';
import { at, number, text, type JsonObject } from '../json.ts';
import type { ObjectRef } from '../kubernetes.ts';
import type { ActionDefinition, Progress, Refusal, Stamp } from './action-definition.ts';
import { asks, can, isStamped, Name, refuseObject, stampedPatch } from './workload.ts';

const Count = z.coerce.number().int().min(1).max(1000);
const Params = z
  .strictObject({ name: Name, ns: Name, min: Count.optional(), max: Count.optional() })
  .refine(({ min, max }) => min !== undefined || max !== undefined, {
    path: ['max'],
    message: 'min or max must be given',
  })
  .refine(({ min, max }) => min === undefined || max === undefined || min <= max, {
    path: ['min'],
    message: 'must not be more than max',
  });
type Params = z.infer<typeof Params>;

interface Bounds {
  readonly min: number;
  readonly max: number;
}

/** One plan may not let an autoscaler grow its workload past this many times the present bound. */
const maxFactor = 4;

const autoscaler = ({ ns, name }: Params): ObjectRef => ({ kind: 'HorizontalPodAutoscaler', namespace: ns, name });
const live = (params: Params, evidence: Evidence): JsonObject | undefined => objectOf(evidence, autoscaler(params));
const what = ({ ns, name }: Params): string => `HorizontalPodAutoscaler ${ns}/${name}`;

/** `minReplicas` may be left out of an autoscaler; it is 1 then. */
const boundsOf = (hpa: JsonObject | undefined): Bounds => ({
  min: at(hpa, 'spec', 'minReplicas') === undefined ? 1 : number(hpa, 'spec', 'minReplicas'),
  max: number(hpa, 'spec', 'maxReplicas'),
});
const wanted = (params: Params, now: Bounds): Bounds => ({ min: params.min ?? now.min, max: params.max ?? now.max });
const same = (a: Bounds, b: Bounds): boolean => a.min === b.min && a.max === b.max;

function refuseBounds(params: Params, hpa: JsonObject | undefined): Refusal | undefined {
  const now = boundsOf(hpa);
  const { min, max } = wanted(params, now);
  const running = number(hpa, 'status', 'currentReplicas');
  if (same(now, { min, max }))
    return { reason: 'NothingToDo', message: `${what(params)} has these bounds already (${min} to ${max})` };
  if (min > max) return { reason: 'BoundsCross', message: `min ${min} would be more than max ${max}` };
  if (max > now.max * maxFactor || min > now.max * maxFactor)
    return { reason: 'SizeRefused', message: `${max} is more than ${maxFactor} times the present max of ${now.max}` };
  if (max < running)
    return { reason: 'BelowCurrent', message: `max ${max} is less than the ${running} replicas that run now` };
  return undefined;
}

const patchOf = (params: Params, evidence: Evidence, stamp: Stamp, { min, max }: Bounds) =>
  stampedPatch(autoscaler(params), live(params, evidence), stamp, { minReplicas: min, maxReplicas: max }, 'merge');

/** autoscaling/v2 tells how far its controller has read; older servers count no generations. */
function progressOf(params: Params, hpa: JsonObject | undefined): Progress {
  if (!hpa) return { state: 'Failed', reason: 'TargetNotFound', message: `${what(params)} is gone` };
  const now = boundsOf(hpa);
  if (!same(now, wanted(params, now)))
    return { state: 'Failed', reason: 'Reverted', message: `somebody changed the bounds of ${what(params)} back` };
  const observed = at(hpa, 'status', 'observedGeneration');
  if (typeof observed === 'number' && observed < number(hpa, 'metadata', 'generation'))
    return { state: 'Progressing', message: 'waiting for the autoscaler to observe the change' };
  const current = number(hpa, 'status', 'currentReplicas');
  // 0 desired = it cannot count at the moment; 0 current = switched off by hand. Both are not for us to wait for.
  const asked = number(hpa, 'status', 'desiredReplicas') || current;
  const desired = current === 0 ? 0 : Math.min(now.max, Math.max(now.min, asked));
  if (desired !== current) return { state: 'Progressing', message: `scaling from ${current} to ${desired} replicas` };
  return { state: 'Settled', message: `${current} replicas within ${now.min} to ${now.max}` };
}

/** Moves the bounds between which an autoscaler works: it owns the replica count, so the count itself is not ours. */
export const updateHpa: ActionDefinition<Params> = {
  name: 'update_hpa',
  schemaVersion: 1,
  summary: 'Change the least and the most replicas of a HorizontalPodAutoscaler.',
  risk: 'low',
  reversible: true,
  kinds: ['HorizontalPodAutoscaler'],
  params: Params,
  order: ['name', 'ns', 'min', 'max'],
  needs: (params) => [asks(autoscaler(params))],
  permissions: ({ ns, name }) => [
    can('get', 'horizontalpodautoscalers', 'autoscaling', ns, name),
    can('patch', 'horizontalpodautoscalers', 'autoscaling', ns, name),
  ],
  refuse(params, evidence) {
    const hpa = live(params, evidence);
    return refuseObject(hpa, what(params)) ?? refuseBounds(params, hpa);
  },
  request: (params, evidence, stamp) =>
    patchOf(params, evidence, stamp, wanted(params, boundsOf(live(params, evidence)))),
  done: (params, evidence, stamp) => isStamped(live(params, evidence), stamp),
  relevant: (params, evidence) => ({
    uid: text(live(params, evidence), 'metadata', 'uid'),
    ...boundsOf(live(params, evidence)),
  }),
  preImage: (params, evidence) => ({ ...boundsOf(live(params, evidence)) }),
  undo(params, evidence, preImage, stamp) {
    const now = boundsOf(live(params, evidence));
    if (!same(now, wanted(params, now))) return undefined;
    return patchOf(params, evidence, stamp, { min: number(preImage, 'min'), max: number(preImage, 'max') });
  },
  progress: (params, evidence) => progressOf(params, live(params, evidence)),
  sentence(params) {
    const bounds = [params.min && `at least ${params.min}`, params.max && `at most ${params.max}`].filter(Boolean);
    return `Let ${what(params)} run ${bounds.join(' and ')} replicas`;
  },
};
