export { createPrometheusApi, type MetricMetadata, type PrometheusApiOptions } from './api.ts';
export { query, queryRange, type Point, type Result } from './evaluate.ts';
export { PromqlError } from './expression.ts';
