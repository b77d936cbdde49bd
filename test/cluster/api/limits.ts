import { quantity } from '../quantity.ts';
import { qosClass } from './qos.ts';
import { forbidden } from './status.ts';
import type { Call, Context } from './context.ts';
import type { KubeObject } from '../runtime.ts';

const list = (value: unknown): KubeObject[] => (Array.isArray(value) ? (value as KubeObject[]) : []);

/** Container defaults of a LimitRange item: limits first, then requests, which fall back to the default limit. */
function filled(container: KubeObject, item: KubeObject): KubeObject {
  const given: KubeObject = container['resources'] ?? {};
  const limits = { ...item['default'], ...given['limits'] };
  const requests = { ...item['defaultRequest'], ...given['requests'] };
  const resources = {
    ...given,
    ...(Object.keys(limits).length > 0 && { limits }),
    ...(Object.keys(requests).length > 0 && { requests }),
  };
  return { ...container, resources };
}

function problems(container: KubeObject, item: KubeObject): string[] {
  const { limits = {}, requests = {} } = (container['resources'] ?? {}) as KubeObject;
  const above = Object.entries((item['max'] ?? {}) as Record<string, string>).flatMap(([name, max]) => {
    if (limits[name] === undefined) return [`maximum ${name} usage per Container is ${max}.  No limit is specified`];
    return quantity(limits[name]) > quantity(max)
      ? [`maximum ${name} usage per Container is ${max}, but limit is ${limits[name]}`]
      : [];
  });
  const below = Object.entries((item['min'] ?? {}) as Record<string, string>).flatMap(([name, min]) => {
    if (requests[name] === undefined)
      return [`minimum ${name} usage per Container is ${min}.  No request is specified`];
    return quantity(requests[name]) < quantity(min)
      ? [`minimum ${name} usage per Container is ${min}, but request is ${requests[name]}`]
      : [];
  });
  return [...below, ...above];
}

/** LimitRange admission for the containers of new pods. */
export function applyLimits(context: Context, call: Call, object: KubeObject, old: KubeObject | undefined): KubeObject {
  if (call.resource.kind !== 'Pod' || old) return object;
  const ranges = context.store.list('limitranges.', object['metadata'].namespace as string);
  const items = ranges
    .flatMap(([, range]) => list(range['spec']?.limits))
    .filter((item) => item['type'] === 'Container');
  if (items.length === 0) return object;
  const containers = list(object['spec'].containers).map((one) => items.reduce(filled, one));
  const wrong = containers.flatMap((one) => items.flatMap((item) => problems(one, item)));
  if (wrong.length > 0)
    throw forbidden(
      call.resource,
      (object['metadata'].name as string | undefined) ?? '',
      wrong.length === 1 ? (wrong[0] as string) : `[${wrong.join(', ')}]`,
    );
  const pod = { ...object, spec: { ...object['spec'], containers } };
  return { ...pod, status: { ...object['status'], qosClass: qosClass(pod) } };
}
