export type { GrafanaIssuer } from './grafana-id.ts';
export type { BearerToken } from './identity.ts';
export { createHttpServer, type HttpOptions, type HttpServer } from './server.ts';
