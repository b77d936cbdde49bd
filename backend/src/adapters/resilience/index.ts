export { guardKubernetes, guardMetrics, guardModel, guardSilences, guardStore } from './ports.ts';
export type { GuardOptions } from './guard.ts';
