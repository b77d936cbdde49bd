import { answerTo, list, printMemory, quantity, targetName, text, type Query } from '../../../model/index.ts';
import { workloadFacts } from '../facts.ts';
import { raised, type CauseRule, type Noticed, type Symptoms } from '../symptoms.ts';

const isFilling = (noticed: Noticed): boolean => raised(noticed, 'pvc').length > 0;
const usage = ({ suspect }: Noticed): Query => ({
  kind: 'Metric',
  promql: `max by (persistentvolumeclaim) (kubelet_volume_stats_used_bytes{namespace="${suspect.namespace}"} / kubelet_volume_stats_capacity_bytes)`,
});
const claims = ({ suspect }: Noticed): Query => ({
  ...{ kind: 'List', of: 'PersistentVolumeClaim', namespace: suspect.namespace, limit: 200 },
});

/** The fullest claim of the suspect: itself, or one that its claim templates made. */
function fullest(symptoms: Symptoms): { readonly claim: string; readonly used: number } | undefined {
  const { suspect, state } = symptoms;
  const prefixes = list(state.live, 'spec', 'volumeClaimTemplates').map(
    (template) => `${text(template, 'metadata', 'name')}-${suspect.name}-`,
  );
  const isOwn = (name: string): boolean =>
    suspect.kind === 'PersistentVolumeClaim'
      ? name === suspect.name
      : prefixes.some((prefix) => name.startsWith(prefix));
  const [first] = (answerTo(symptoms.evidence, usage(symptoms))?.values ?? [])
    .map(({ labels, value }) => ({ claim: labels['persistentvolumeclaim'] ?? '', used: value }))
    .filter(({ claim }) => isOwn(claim))
    .sort((a, b) => b.used - a.used);
  return first;
}

/** A volume is full, or will be soon. */
export const volumeFull: CauseRule = {
  class: 'VolumeFull',
  needs: (noticed) => (isFilling(noticed) ? [usage(noticed), claims(noticed)] : []),
  judge(symptoms) {
    const found = isFilling(symptoms) ? fullest(symptoms) : undefined;
    if (!found) return undefined;
    const { cluster, namespace } = symptoms.suspect;
    const claim = answerTo(symptoms.evidence, claims(symptoms))?.objects.find(
      (one) => text(one, 'metadata', 'name') === found.claim,
    );
    const size = quantity(text(claim, 'spec', 'resources', 'requests', 'storage'));
    return {
      score: found.used > 0.75 ? 0.95 : 0.75,
      message: `volume ${found.claim} of ${targetName(symptoms.suspect)} is ${Math.round(100 * found.used)} % full`,
      evidence: raised(symptoms, 'pvc').map((anomaly) => anomaly.sentence),
      facts: {
        ...workloadFacts(symptoms),
        pvc: found.claim,
        ...(Number.isFinite(size) && { size: printMemory(size), sizeWanted: printMemory(size * 2) }),
      },
      target: { cluster, kind: 'PersistentVolumeClaim', namespace, name: found.claim },
    };
  },
};
