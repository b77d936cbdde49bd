export { createLog, withoutSecrets, type LogOptions } from './log.ts';
export { metrics, type MetricSpec } from './metrics.ts';
export { createRecorder, type PrometheusRecorder } from './recorder.ts';
