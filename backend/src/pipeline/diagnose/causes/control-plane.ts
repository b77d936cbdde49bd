import { targetName, type Intervention } from '../../../model/index.ts';
import { gitOpsOwner } from '../facts.ts';
import { anomaliesOf, raised, type CauseRule, type Symptoms } from '../symptoms.ts';

const isComponent = ({ suspect }: Symptoms, name: string): boolean =>
  suspect.kind === 'Component' && suspect.name === name;

/** Every write of etcd waits for its disk; the API server waits with it. */
export const etcdSlow: CauseRule = {
  class: 'EtcdSlow',
  judge(symptoms) {
    const found = anomaliesOf(symptoms, 'etcd');
    if (!isComponent(symptoms, 'etcd') || found.length === 0) return undefined;
    return {
      score: 0.96,
      message: 'etcd is slow to write its log to disk: too many or too large objects, or a slow disk',
      evidence: found.map((anomaly) => anomaly.sentence),
      facts: { kind: 'Component', name: 'etcd', ns: '' },
    };
  },
};

/** Releases that came within so many seconds before the API server became slow are suspected of it (s). */
const releaseWindow = 600;

/** The releases shortly before, those first whose workloads work harder since. */
function suspectReleases({ around, incident }: Symptoms): readonly Intervention[] {
  const busier = (change: Intervention): number =>
    around.anomalies.some(
      (one) => one.target.name === change.target.name && one.target.namespace === change.target.namespace,
    )
      ? 1
      : 0;
  return around.changes
    .filter((one) => one.kind === 'Rollout' && !one.byUs && one.target.kind === 'Deployment')
    .filter(({ at }) => at >= incident.startedAt - releaseWindow && at <= incident.startedAt + 30)
    .sort((a, b) => busier(b) - busier(a) || b.at - a.at);
}

/** The API server answers late and etcd does not: somebody asks too much of it. A release just before is the likeliest. */
export const apiServerSlow: CauseRule = {
  class: 'ApiServerSlow',
  judge(symptoms) {
    const found = raised(symptoms, 'apiserver');
    if (!isComponent(symptoms, 'kube-apiserver') || found.length === 0) return undefined;
    if (symptoms.around.anomalies.some((one) => one.metricType === 'etcd')) return undefined;
    const evidence = found.map((anomaly) => anomaly.sentence);
    const [release] = suspectReleases(symptoms);
    if (!release)
      return {
        score: 0.8,
        message: 'the API server answers late; no release explains it',
        evidence,
        facts: { kind: 'Component', name: 'kube-apiserver', ns: '', recentRollout: false },
      };
    const { target } = release;
    return {
      score: 0.88,
      message: `the API server answers late since ${targetName(target)} was released`,
      evidence: [...evidence, `${targetName(target)}: ${release.message}`],
      facts: {
        ...{
          kind: target.kind,
          name: target.name,
          ns: target.namespace,
          recentRollout: true,
          hasPreviousRevision: true,
        },
        gitOps: gitOpsOwner(symptoms.around.objects.object(target)) !== '',
      },
      target,
    };
  },
};
