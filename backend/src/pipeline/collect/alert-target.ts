import type { Target, Topology } from '../../model/index.ts';
import { targetOf } from './target-of.ts';

type Labels = Readonly<Record<string, string>>;

/** What an alert is about, from the labels that kube-prometheus' and our own rules carry. */
export function alertTarget(labels: Labels, topology: Topology): Target | undefined {
  if (labels['kubewise_target_kind'] && labels['kubewise_target_name'])
    return {
      cluster: topology.cluster,
      kind: labels['kubewise_target_kind'],
      namespace: labels['namespace'] ?? '',
      name: labels['kubewise_target_name'],
    };
  return targetOf(labels, {}, topology);
}

/** Alerts that KubeWise's own rules raised: they attach and never open. */
export const isOwnAlert = (labels: Labels): boolean =>
  labels['source'] === 'kubewise' || (labels['alertname'] ?? '').toLowerCase().startsWith('kubewise');
