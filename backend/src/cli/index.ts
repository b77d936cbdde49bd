export { processIo, run, runWith } from './run.ts';
export type { Io } from './context.ts';
