export { startApiServer, type ApiServer, type ApiServerOptions } from './server.ts';
export type { ApiFaults, Fault, FaultKind, FaultMatch } from './faults.ts';
export type { LoggedRequest } from './audit.ts';
export { latencyBounds, type ApiStats, type Latency, type RequestCount } from './stats.ts';
export type { LogSource, UsageSource } from './context.ts';
export type { TokenEntry } from './users.ts';
export { bytes, cores, quantity } from '../quantity.ts';
export { shapeProblems } from './schema.ts';
