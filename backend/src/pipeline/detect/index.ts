export { episodeSurprise, EventSequences, isComplete, type SequenceMatch } from './event-sequences.ts';
export { FeedbackForest, forestFrom, type Features, type Labelled } from './adaptive-random-forest-feedback.ts';
export { withFeedback } from './adaptive-random-forest-detection.ts';
export { Budget, budgetFloats, type BudgetOptions } from './budget.ts';
export { ChangePoint, type Shift } from './change-point.ts';
export { createDetection, defaultThreshold, factTypes, scoreOf, stateTypes, surpriseOf } from './detection.ts';
export { raisedBy } from './damping.ts';
export { sampleMasks } from './detector.ts';
export type {
  Batch,
  Detection,
  DetectionOptions,
  Detector,
  Explanation,
  SeriesInfo,
  SeriesState,
  View,
} from './detector.ts';
export type { TreeOptions } from './half-space-trees.ts';
export { Credibility, JointSurprise } from './joint-surprise.ts';
export { modelFromText, modelToText, type ForestModel } from './isolation-forest-model.ts';
export { ForestScorer } from './isolation-forest-scorer.ts';
export { trainForest, type TrainingSeries } from './isolation-forest-training.ts';
export { randomOf } from './random.ts';
export { decodeSnapshot, encodeSnapshot } from './snapshot.ts';
export { Trend, trendParameters, type Forecast } from './trend.ts';
export { WorkloadVectors } from './multivariate-workload.ts';
