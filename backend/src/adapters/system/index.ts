export { wallClock } from './clock.ts';
export { uuidV7 } from './ids.ts';
