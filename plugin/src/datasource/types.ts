import type { AdHocVariableFilter, DataSourceJsonData } from '@grafana/data';
import type { DataQuery } from '@grafana/schema';

/** What a query asks KubeWise for. */
export const kinds = ['anomalies', 'incidents', 'plans', 'actions', 'scores', 'band', 'annotations'] as const;
export type Kind = (typeof kinds)[number];

/** What can be drawn over a dashboard, each as a layer of its own. */
export const layers = [
  'incidents',
  'anomalies',
  'plans',
  'approvals',
  'executions',
  'outcomes',
  'interventions',
] as const;
export type Layer = (typeof layers)[number];

export interface KubeWiseQuery extends DataQuery {
  readonly kind?: Kind;
  readonly layers?: readonly Layer[];
  readonly namespace?: string;
  readonly workload?: string;
  readonly severity?: string;
  readonly metricType?: string;
  readonly openOnly?: boolean;
  readonly filters?: readonly AdHocVariableFilter[];
}

/** Readable by every viewer: an address, never a secret. */
export interface KubeWiseOptions extends DataSourceJsonData {
  readonly backendUrl?: string;
}

/** One per right: see the routes in plugin.json. Grafana keeps them and never sends them to a browser. */
export interface KubeWiseSecrets {
  readonly token?: string;
  readonly operatorToken?: string;
  readonly approveSecret?: string;
  readonly adminToken?: string;
}
