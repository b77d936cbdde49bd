import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { home } from '../../backend/src/app.ts';

export interface PanelTarget {
  readonly refId: string;
  readonly expr?: string;
  /** One moment instead of a range. */
  readonly instant?: boolean;
  /** What a KubeWise query asks for. */
  readonly kind?: string;
}
export interface Panel {
  readonly title: string;
  readonly type: string;
  /** Absent for text. */
  readonly datasource?: { readonly type: string; readonly uid: string };
  readonly targets?: readonly PanelTarget[];
}
export interface Dashboard {
  readonly uid: string;
  readonly title: string;
  readonly panels: readonly Panel[];
  readonly annotations: { readonly list: readonly { readonly name: string; readonly target?: PanelTarget }[] };
  readonly templating: {
    readonly list: readonly { readonly name: string; readonly type: string; readonly query: string }[];
  };
}

const folder = join(home, 'provisioning', 'dashboards', 'json');
export const dashboards: readonly Dashboard[] = readdirSync(folder)
  .sort()
  .map((name) => JSON.parse(readFileSync(join(folder, name), 'utf8')) as Dashboard);

/** The query as Grafana would send it: the dashboard's own variables at their defaults, and the range as a duration. */
export function filled({ templating }: Dashboard, expr: string, rangeSeconds: number): string {
  const own = templating.list.filter(({ type }) => type === 'textbox');
  const known = own.reduce((text, { name, query }) => text.replaceAll(`$${name}`, query), expr);
  return known.replaceAll('$__range', `${Math.max(1, Math.round(rangeSeconds))}s`).replaceAll('$__rate_interval', '1m');
}
