export { filesOf } from './files.ts';
export { governanceOf } from './governance.ts';
export { modelOf } from './model.ts';
export {
  formatOf,
  openEmptyStore,
  openStore,
  backupTo,
  metricsOf,
  pushedTo,
  writeTo,
  queryTexts,
  snapshotsOf,
  webhooksOf,
  tokensOf,
  modelFileOf,
} from './outside.ts';
export { runtimeConfig } from './runtime-config.ts';
