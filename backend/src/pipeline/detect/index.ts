export { createDetection, defaultThreshold } from './detection.ts';
export type {
  Batch,
  Detection,
  DetectionOptions,
  Detector,
  Explanation,
  SeriesInfo,
  SeriesState,
  TreeOptions,
  View,
} from './detector.ts';
