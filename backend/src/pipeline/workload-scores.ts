import type { Target } from '../model/index.ts';
import { JointSurprise, scoreOf, surpriseOf } from './detect/index.ts';
import { derivedTypes } from './diagnose/index.ts';
import type { Labels, Recorder, ScoreRow } from './ports.ts';

/** `kubewise_workload_score`: how unusual each workload is as a whole, from the scores of its own series. */
export interface WorkloadScores {
  /** The rows that were scored in this round; a workload that has none keeps its level and is not exported. */
  round(rows: readonly ScoreRow[]): void;
}

export function createWorkloadScores(recorder: Recorder, labelsOf: (target: Target) => Labels): WorkloadScores {
  const joints = new Map<string, JointSurprise>();
  return {
    round(rows) {
      recorder.resetGauge('kubewise_workload_score');
      const heard = new Map<string, { readonly target: Target; readonly joint: JointSurprise }>();
      for (const { target, targetKey: key, metricType, score } of rows) {
        // What is said of the whole already is no further voice.
        if (derivedTypes.has(metricType)) continue;
        const joint = joints.get(key) ?? new JointSurprise();
        joints.set(key, joint);
        joint.add(surpriseOf(score));
        heard.set(key, { target, joint });
      }
      for (const { target, joint } of heard.values()) {
        joint.end();
        recorder.gauge('kubewise_workload_score', scoreOf(joint.joint), labelsOf(target));
      }
    },
  };
}
