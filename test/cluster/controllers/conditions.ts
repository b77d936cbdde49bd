import { covers, resourceOf, time, type KubeClient } from '../client/index.ts';
import type { KubeObject } from '../runtime.ts';

export interface Condition {
  readonly type: string;
  readonly status: 'True' | 'False' | 'Unknown';
  readonly reason: string;
  readonly message: string;
}

/** The conditions with this one set; its transition time moves only when its status does. */
export function withCondition(
  conditions: readonly KubeObject[] | undefined,
  next: Condition,
  now: number,
): KubeObject[] {
  const before = (conditions ?? []).find((one) => one['type'] === next.type);
  const since = before?.['status'] === next.status ? before['lastTransitionTime'] : time(now);
  const others = (conditions ?? []).filter((one) => one['type'] !== next.type);
  return [...others, { ...before, ...next, lastTransitionTime: since }].sort((a, b) =>
    a['type'] < b['type'] ? -1 : 1,
  );
}

export const withoutCondition = (conditions: readonly KubeObject[] | undefined, type: string): KubeObject[] =>
  (conditions ?? []).filter((one) => one['type'] !== type);

/** Writes a status when it says something new; the object as it is afterwards. */
export async function writeStatus(
  client: KubeClient,
  kind: string,
  object: KubeObject,
  status: KubeObject,
): Promise<KubeObject> {
  if (covers(object['status'] ?? {}, status)) return object;
  const { namespace, name, uid } = object['metadata'];
  const ref = { namespace, name, subresource: 'status' };
  return client.patch(resourceOf(kind), ref, 'merge-patch', { metadata: { uid }, status });
}
