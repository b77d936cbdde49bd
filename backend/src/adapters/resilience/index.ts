export { guardKubernetes, guardMetrics, guardModel, guardStore } from './ports.ts';
export type { GuardOptions } from './guard.ts';
