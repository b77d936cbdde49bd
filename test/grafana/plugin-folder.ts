import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';
import { PluginRole, Route, type Settings } from './routes.ts';

/** What the stand-in obeys: the routes and roles of the built plugin, as Grafana reads them at start. */
export interface PluginFolder {
  readonly dist: string;
  readonly routes: readonly Route[];
  readonly roles: readonly PluginRole[];
}

const DatasourceJson = z.object({ routes: z.array(Route) });
const AppJson = z.object({ roles: z.array(PluginRole) });
const readJson = (...path: readonly string[]): unknown => JSON.parse(readFileSync(join(...path), 'utf8'));

/** `dist` is the plugin's build folder; throws when it was not built. */
export function readPlugin(dist: string): PluginFolder {
  const { routes } = DatasourceJson.parse(readJson(dist, 'datasource', 'plugin.json'));
  const { roles } = AppJson.parse(readJson(dist, 'plugin.json'));
  return { dist, routes, roles };
}

const Provisioned = z.object({
  datasources: z.array(
    z.object({
      uid: z.string(),
      name: z.string(),
      type: z.string(),
      url: z.string().default(''),
      jsonData: z.record(z.string(), z.unknown()).default({}),
      secureJsonData: z.record(z.string(), z.string()).default({}),
    }),
  ),
});
export interface Datasource extends Settings {
  readonly uid: string;
  readonly name: string;
  readonly url: string;
}

/** The KubeWise data sources of a provisioning file, with `$NAME` and `${NAME}` filled from `variables`, `$$` = `$`. */
export function readDatasources(file: string, variables: Readonly<Record<string, string>>): readonly Datasource[] {
  const filled: unknown = fillVariables(parse(readFileSync(file, 'utf8')), variables);
  return Provisioned.parse(filled).datasources.filter(({ type }) => type === 'kubewise-datasource');
}

function fillVariables(value: unknown, variables: Readonly<Record<string, string>>): unknown {
  if (typeof value === 'string')
    return value.replace(/\$\$|\$\{(\w+)\}|\$(\w+)/g, (all, braced?: string, bare?: string) =>
      all === '$$' ? '$' : (variables[braced ?? bare ?? ''] ?? ''),
    );
  if (Array.isArray(value)) return value.map((item) => fillVariables(item, variables));
  if (typeof value === 'object' && value !== null)
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, fillVariables(item, variables)]));
  return value;
}
