import {
  answerTo,
  list,
  object,
  seconds,
  targetName,
  text,
  type JsonObject,
  type Query,
} from '../../../model/index.ts';

import { meets, podSpecOf } from '../call-graph.ts';
import { workloadFacts } from '../facts.ts';
import { anomaliesOf, changeWindow, type CauseRule, type Noticed, type Symptoms } from '../symptoms.ts';

const policiesOf = ({ suspect }: Noticed): Query => ({
  ...{ kind: 'List', of: 'NetworkPolicy', namespace: suspect.namespace, limit: 100 },
});
const isWorkload = ({ suspect }: Noticed): boolean => ['Deployment', 'StatefulSet', 'DaemonSet'].includes(suspect.kind);

/** Does the incident speak of calls that fail or take long? */
const callsFail = ({ incident }: Noticed): boolean =>
  incident.signals.some((signal) => ['metric:errors', 'metric:latency'].includes(signal));

/** Selects these pods and lets nobody in: an ingress policy without a rule. */
function shutsOut(policy: JsonObject, labels: JsonObject): boolean {
  const selector = object(policy, 'spec', 'podSelector');
  const wanted = object(selector, 'matchLabels');
  const everyone = Object.keys(selector).length === 0;
  if (!everyone && !meets(labels, wanted)) return false;
  const types = (object(policy, 'spec')['policyTypes'] ?? ['Ingress']) as readonly unknown[];
  return types.includes('Ingress') && list(policy, 'spec', 'ingress').length === 0;
}

/** A policy that came shortly before keeps everybody out of what is called. */
export const networkPolicy: CauseRule = {
  class: 'NetworkPolicy',
  needs: (noticed) => (isWorkload(noticed) && callsFail(noticed) ? [policiesOf(noticed)] : []),
  judge(symptoms) {
    const { suspect, incident, state } = symptoms;
    if (!isWorkload(symptoms) || podSpecOf(state.live)['containers'] === undefined) return undefined;
    const labels = object(state.live, 'spec', 'template', 'metadata', 'labels');
    const policy = (answerTo(symptoms.evidence, policiesOf(symptoms))?.objects ?? []).find((one) => {
      const created = seconds(text(one, 'metadata', 'creationTimestamp'));
      return (
        created >= incident.startedAt - changeWindow && created <= incident.startedAt + 60 && shutsOut(one, labels)
      );
    });
    if (!policy) return undefined;
    const name = text(policy, 'metadata', 'name');
    return {
      score: 0.97,
      message: `NetworkPolicy ${suspect.namespace}/${name}, which came shortly before, lets nobody reach ${targetName(suspect)}`,
      evidence: [
        `NetworkPolicy ${name} was created at ${text(policy, 'metadata', 'creationTimestamp')} and has no ingress rule`,
      ],
      facts: { ...workloadFacts(symptoms), policy: name },
      target: { cluster: suspect.cluster, kind: 'NetworkPolicy', namespace: suspect.namespace, name },
    };
  },
};

/** The name servers answer SERVFAIL: everybody who looks up a name fails now and then. */
export const dnsFailure: CauseRule = {
  class: 'DnsFailure',
  judge(symptoms: Symptoms) {
    const [failing] = anomaliesOf(symptoms, 'dns');
    if (!failing) return undefined;
    return {
      score: 0.98,
      message: `${targetName(symptoms.suspect)} cannot answer lookups of names`,
      evidence: [failing.sentence],
      facts: workloadFacts(symptoms),
    };
  },
};
