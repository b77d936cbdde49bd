export { startGrafana, type Grafana, type GrafanaOptions } from './server.ts';
export { foreignSigner, identitySigner, type Claims, type IdentitySigner } from './identity.ts';
export { readPlugin, type PluginFolder } from './plugin-folder.ts';
export { matchRoute, mayUse, type Role, type Route } from './routes.ts';
export { chromiumPath, openBrowser, type Browser } from './browser.ts';
