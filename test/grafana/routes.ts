import { z } from 'zod';

export type Role = 'Viewer' | 'Editor' | 'Admin';
const rank: Readonly<Record<Role, number>> = { Viewer: 0, Editor: 1, Admin: 2 };

/** A data source route of plugin.json, with the fields that Grafana's proxy acts on. */
export const Route = z.object({
  path: z.string(),
  method: z.string().default(''),
  url: z.string(),
  reqRole: z.enum(['Viewer', 'Editor', 'Admin']).optional(),
  reqAction: z.string().optional(),
  headers: z.array(z.object({ name: z.string(), content: z.string() })).default([]),
});
export type Route = Readonly<z.infer<typeof Route>>;

/** A role that the app declares: who gets its actions without anybody assigning them. */
export const PluginRole = z.object({
  role: z.object({ name: z.string(), permissions: z.array(z.object({ action: z.string() })) }),
  grants: z.array(z.string()),
});
export type PluginRole = Readonly<z.infer<typeof PluginRole>>;

/** First route in file order whose method is equal (empty or `*` = any) and whose path is a string prefix. */
export const matchRoute = (routes: readonly Route[], method: string, path: string): Route | undefined =>
  routes.find((route) => ['', '*', method].includes(route.method) && path.startsWith(route.path));

/** `reqAction` against the app's grants where it is set, else `reqRole`; a route with neither is open to every user. */
export function mayUse(route: Route, role: Role, declared: readonly PluginRole[]): boolean {
  if (route.reqAction !== undefined) return actionsOf(role, declared).includes(route.reqAction);
  return route.reqRole === undefined || rank[role] >= rank[route.reqRole];
}

/** Grafana adds a granted role to the basic role it names and to those above it. */
export const actionsOf = (role: Role, declared: readonly PluginRole[]): readonly string[] =>
  declared
    .filter(({ grants }) => grants.some((grant) => grant in rank && rank[role] >= rank[grant as Role]))
    .flatMap(({ role: { permissions } }) => permissions.map(({ action }) => action));

export interface Settings {
  readonly jsonData: Readonly<Record<string, unknown>>;
  readonly secureJsonData: Readonly<Record<string, string>>;
}

/** Fills `{{ .JsonData.x }}` and `{{ .SecureJsonData.y }}`; an unknown name becomes empty, as in Grafana. */
export const fill = (template: string, settings: Settings): string =>
  template.replace(/\{\{\s*\.(JsonData|SecureJsonData)\.(\w+)\s*\}\}/g, (_, kind: string, name: string) => {
    const value = kind === 'JsonData' ? settings.jsonData[name] : settings.secureJsonData[name];
    return typeof value === 'string' ? value : '';
  });
