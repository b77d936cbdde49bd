import type { Target } from '../model/index.ts';
import { Credibility, JointSurprise, scoreOf, surpriseOf } from './detect/index.ts';
import { derivedTypes } from './diagnose/index.ts';
import type { Labels, Recorder, ScoreRow } from './ports.ts';

/** `kubewise_workload_score`: how unusual each workload is as a whole, from the scores of its own series. */
export interface WorkloadScores {
  /** The rows that were scored in this round; a workload that has none keeps its level and is not exported. */
  round(rows: readonly ScoreRow[]): void;
}

interface Workload {
  readonly joint: JointSurprise;
  /** By query: what each of its series is worth. */
  readonly credibilities: Map<string, Credibility>;
}

export function createWorkloadScores(recorder: Recorder, labelsOf: (target: Target) => Labels): WorkloadScores {
  const workloads = new Map<string, Workload>();
  return {
    round(rows) {
      recorder.resetGauge('kubewise_workload_score');
      const heard = new Map<string, { readonly target: Target; readonly joint: JointSurprise }>();
      for (const { target, targetKey: key, query, metricType, score } of rows) {
        // What is said of the whole already is no further voice.
        if (derivedTypes.has(metricType)) continue;
        const workload = workloads.get(key) ?? { joint: new JointSurprise(), credibilities: new Map() };
        workloads.set(key, workload);
        const credibility = workload.credibilities.get(query) ?? new Credibility();
        workload.credibilities.set(query, credibility);
        workload.joint.add(credibility.of(surpriseOf(score)));
        heard.set(key, { target, joint: workload.joint });
      }
      for (const { target, joint } of heard.values()) {
        joint.end();
        recorder.gauge('kubewise_workload_score', scoreOf(joint.joint), labelsOf(target));
      }
    },
  };
}
