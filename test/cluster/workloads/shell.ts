import type { KubeObject } from '../runtime.ts';

/** What a pod runs as root on its node, as `kubectl debug node` makes one: the node's processes and its root file system. */
export function rootCommand(pod: KubeObject): string | undefined {
  const spec: KubeObject = pod['spec'];
  const hasRoot = ((spec['volumes'] ?? []) as KubeObject[]).some((one) => one['hostPath']?.path === '/');
  const command = spec['containers']?.[0]?.command as readonly string[] | undefined;
  return spec['hostPID'] === true && hasRoot && command ? command.join(' ') : undefined;
}
