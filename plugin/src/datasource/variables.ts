import type { KubeWise } from '../api';

export const variableHelp = 'namespaces · workloads · workloads(NAMESPACE) · metricTypes · severities · clusters';
const unique = (values: readonly string[]): readonly string[] => [...new Set(values.filter(Boolean))].sort();

/** The values of a dashboard variable. An unknown query has none. */
export async function valuesOf(api: KubeWise, query: string): Promise<readonly string[]> {
  const [, what = '', namespace] = /^\s*(\w+)(?:\(([^)]*)\))?\s*$/.exec(query) ?? [];
  switch (what) {
    case 'namespaces':
      return unique((await targets(api)).map((target) => target.namespace));
    case 'workloads':
      return unique((await targets(api, namespace)).map((target) => target.name));
    case 'metricTypes':
      return unique((await api.detectors()).items.map(({ metricType }) => metricType));
    case 'severities':
    case 'severitys':
      return ['info', 'warning', 'critical'];
    case 'clusters':
      return [(await api.health()).cluster];
    default:
      return [];
  }
}

const targets = async (api: KubeWise, namespace?: string) =>
  (await api.scores(namespace ? { namespace } : {})).items.map(({ target }) => target);
