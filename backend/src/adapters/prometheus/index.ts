export { createMetricsSource, type MetricsSourceOptions } from './metrics-source.ts';
