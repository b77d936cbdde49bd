import { answerTo, list, targetName, text, type Query } from '../../../model/index.ts';
import { podSpecOf } from '../call-graph.ts';
import { workloadFacts } from '../facts.ts';
import { anomaliesOf, raised, type CauseRule, type Noticed, type Symptoms } from '../symptoms.ts';

/** When a Secret was written last is in its metadata: kube-state-metrics shows it without anybody reading a Secret. */
const changedSecrets = ({ suspect }: Noticed): Query => ({
  kind: 'Metric',
  promql: `changes(kube_secret_metadata_resource_version{namespace="${suspect.namespace}"}[30m])`,
});

/** Secrets that the containers read into their environment, once, when they start. */
function secretsRead({ state }: Symptoms): ReadonlySet<string> {
  const names = list(podSpecOf(state.live), 'containers').flatMap((container) => [
    ...list(container, 'env').map((one) => text(one, 'valueFrom', 'secretKeyRef', 'name')),
    ...list(container, 'envFrom').map((one) => text(one, 'secretRef', 'name')),
  ]);
  return new Set(names.filter(Boolean));
}

/** A Secret is another one than when the pods read it: what they know is refused. */
export const staleSecret: CauseRule = {
  class: 'StaleSecret',
  needs: (noticed) => (raised(noticed, 'errors').length > 0 ? [changedSecrets(noticed)] : []),
  judge(symptoms) {
    const [errors] = raised(symptoms, 'errors');
    const read = secretsRead(symptoms);
    const secret = (answerTo(symptoms.evidence, changedSecrets(symptoms))?.values ?? [])
      .filter(({ value }) => value > 0)
      .map(({ labels }) => labels['secret'] ?? '')
      .find((name) => read.has(name));
    const old = symptoms.state.pods.filter((pod) => pod.createdAt < symptoms.incident.startedAt - 60);
    if (!errors || !secret || old.length === 0) return undefined;
    return {
      score: 0.96,
      message: `Secret ${secret} was changed and the pods of ${targetName(symptoms.suspect)} still use what it held before`,
      evidence: [`Secret ${secret} changed in the last 30 minutes; ${old.length} pods are older`, errors.sentence],
      facts: { ...workloadFacts(symptoms), secret },
    };
  },
};

/** A certificate that its issuer has not renewed in time. */
export const certificateExpired: CauseRule = {
  class: 'CertificateExpired',
  judge(symptoms) {
    const [left] = anomaliesOf(symptoms, 'certificate');
    if (symptoms.suspect.kind !== 'Certificate' || !left) return undefined;
    const { name, namespace } = symptoms.suspect;
    return {
      score: 0.97,
      message:
        left.value > 0
          ? `Certificate ${namespace}/${name} ends in ${left.value.toFixed(1)} days and is not being renewed`
          : `Certificate ${namespace}/${name} has expired`,
      evidence: [left.sentence],
      facts: { kind: 'Certificate', name, ns: namespace, daysLeft: Number(left.value.toFixed(2)) },
    };
  },
};
