import type { FeedbackForest } from './adaptive-random-forest-feedback.ts';
import { scoreOf, surpriseOf } from './detection.ts';
import type { Detection, TaughtDetection } from './detector.ts';

/**
 * A detection whose anomalous states pass through what operators taught: a state that the forest knows for a false
 * alarm is `normal`. Scores stay as they are; nothing is asked of rows that are not anomalous, so that the hot path is
 * untouched. `feedback` teaches the forest, with the features that the anomaly was stored with where there are any.
 */
export function withFeedback(detection: Detection, forest: FeedbackForest): TaughtDetection {
  const teach: TaughtDetection['feedback'] = (what, truePositive) =>
    forest.learn(typeof what === 'number' ? detection.explain(what).features : what, truePositive);
  return {
    ...detection,
    get scores() {
      return detection.scores;
    },
    get incidentScores() {
      return detection.incidentScores;
    },
    stateOf(row) {
      const state = detection.stateOf(row);
      if (state !== 'anomalous' || forest.labels === 0) return state;
      const { features, threshold } = detection.explain(row);
      const surprise = Math.max(surpriseOf(detection.scores[row] ?? 0), surpriseOf(threshold));
      return scoreOf(forest.corrected(surprise, features)) < 0.999 * threshold ? 'normal' : state;
    },
    feedback: teach,
  };
}
