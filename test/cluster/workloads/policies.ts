import type { KubeObject } from '../runtime.ts';
import { picks } from './cluster-view.ts';

export interface Endpoint {
  readonly namespace: string;
  readonly labels: Readonly<Record<string, string>>;
}

const matches = (selector: KubeObject | undefined, labels: Readonly<Record<string, string>>): boolean =>
  picks(selector?.['matchLabels'] ?? {}, labels);

function admits(peer: KubeObject, policy: KubeObject, from: Endpoint): boolean {
  const where = { 'kubernetes.io/metadata.name': from.namespace };
  const inNamespace = peer['namespaceSelector']
    ? matches(peer['namespaceSelector'], where)
    : from.namespace === policy['metadata'].namespace;
  return inNamespace && matches(peer['podSelector'], from.labels);
}

/** Ingress policies that select the callee: one of them has to let the caller in. Ports and egress are not modelled. */
export function isBlocked(policies: readonly KubeObject[], from: Endpoint, to: Endpoint): boolean {
  const selecting = policies.filter(
    (policy) =>
      policy['metadata'].namespace === to.namespace &&
      (policy['spec'].policyTypes ?? ['Ingress']).includes('Ingress') &&
      matches(policy['spec'].podSelector, to.labels),
  );
  if (selecting.length === 0) return false;
  return !selecting.some((policy) =>
    ((policy['spec'].ingress ?? []) as KubeObject[]).some(
      (rule) => !rule['from'] || (rule['from'] as KubeObject[]).some((peer) => admits(peer, policy, from)),
    ),
  );
}
