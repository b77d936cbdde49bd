import { lastRollout, targetName } from '../../../model/index.ts';
import { recentRollout, workloadFacts } from '../facts.ts';
import { anomaliesOf, type CauseRule } from '../symptoms.ts';

/** The release runs, but does worse than the one before: what is slow or fails began with it. */
export const slowRelease: CauseRule = {
  class: 'SlowRelease',
  judge(symptoms) {
    const rollout = lastRollout(symptoms.state);
    if (!rollout || !recentRollout(symptoms)) return undefined;
    const worse = anomaliesOf(symptoms, 'latency', 'errors').filter(
      (anomaly) => anomaly.startedAt >= rollout.at && anomaly.value > anomaly.expected,
    );
    if (worse.length === 0) return undefined;
    return {
      score: 0.9,
      message: `${targetName(symptoms.incident.target)} does worse since its newest revision`,
      evidence: worse.slice(0, 4).map((anomaly) => anomaly.sentence),
      facts: workloadFacts(symptoms),
    };
  },
};
