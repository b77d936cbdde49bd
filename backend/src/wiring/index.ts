export { governanceOf } from './governance.ts';
export {
  formatOf,
  openStore,
  backupTo,
  geminiOf,
  metricsOf,
  pushedTo,
  writeTo,
  queryTexts,
  webhooksOf,
  tokensOf,
  modelFileOf,
} from './outside.ts';
export { runtimeConfig } from './runtime-config.ts';
