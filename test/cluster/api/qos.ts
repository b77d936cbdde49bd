import type { KubeObject } from '../runtime.ts';

const list = (value: unknown): KubeObject[] => (Array.isArray(value) ? (value as KubeObject[]) : []);

/** Guaranteed, Burstable or BestEffort, from the requests and limits of all containers. */
export function qosClass(pod: KubeObject): string {
  const containers = [...list(pod['spec']?.containers), ...list(pod['spec']?.initContainers)];
  const resources = containers.map((one) => (one['resources'] ?? {}) as KubeObject);
  const named = (one: KubeObject, part: string): KubeObject => (one[part] ?? {}) as KubeObject;
  const any = resources.some((one) =>
    ['requests', 'limits'].some((part) => 'cpu' in named(one, part) || 'memory' in named(one, part)),
  );
  if (!any) return 'BestEffort';
  const guaranteed = resources.every((one) =>
    ['cpu', 'memory'].every((name) => {
      const limit: unknown = named(one, 'limits')[name];
      return limit !== undefined && (named(one, 'requests')[name] ?? limit) === limit;
    }),
  );
  return guaranteed ? 'Guaranteed' : 'Burstable';
}
