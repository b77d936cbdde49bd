export { startSampler, type Sampler, type SamplerOptions } from './sampler.ts';
export { serveMetrics, exposition, type MetricsServer } from './exposition.ts';
export type { SampleStore } from './store.ts';
export type { Matcher, SeriesSource, StoredSeries } from './series-source.ts';
