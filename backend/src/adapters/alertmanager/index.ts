export { createSilences, type AlertmanagerOptions } from './silences.ts';
