import { z } from 'zod';

/** What a remediation would touch: the owner of pods, a node, a claim, or a component of the cluster itself. */
export const Target = z.object({
  cluster: z.string().min(1),
  kind: z.string().min(1),
  namespace: z.string().default(''),
  name: z.string().min(1),
  uid: z.string().optional(),
});
export type Target = Readonly<z.infer<typeof Target>>;

/** Identity of a target without its uid: `cluster/Kind/namespace/name`; nodes have an empty namespace. */
export const targetKey = (target: Target): string =>
  `${target.cluster}/${target.kind}/${target.namespace}/${target.name}`;

/** The words a person reads: `Deployment shop/web`, `Node worker-1`. */
export const targetName = (target: Pick<Target, 'kind' | 'namespace' | 'name'>): string =>
  target.namespace ? `${target.kind} ${target.namespace}/${target.name}` : `${target.kind} ${target.name}`;

/** Kinds that own pods through a template, in the spelling of the Kubernetes API. */
export const workloadKinds = ['Deployment', 'StatefulSet', 'DaemonSet', 'ReplicaSet', 'Job', 'CronJob'] as const;
