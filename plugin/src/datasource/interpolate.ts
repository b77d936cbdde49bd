import type { AdHocVariableFilter, ScopedVars } from '@grafana/data';
import { getTemplateSrv } from '@grafana/runtime';
import { defaultQuery } from './defaults';
import type { KubeWiseQuery } from './types';

const filled = ['namespace', 'workload', 'severity', 'metricType'] as const;
const all = ['', '$__all', '.*'];

/**
 * The query with its variables filled. The backend takes one value per field: a variable with several values (or with All
 * among them) becomes a filter over the answer instead.
 */
export function interpolate(query: KubeWiseQuery, scopedVars: ScopedVars): KubeWiseQuery {
  const filters: AdHocVariableFilter[] = [...(query.filters ?? [])];
  const values = filled.map((key) => {
    const chosen = valuesOf(query[key], scopedVars);
    if (chosen.length > 1) {
      filters.push({ key, operator: '=|', value: chosen[0] ?? '', values: chosen });
    }
    return [key, chosen.length === 1 ? chosen[0] : undefined] as const;
  });
  return { ...defaultQuery, ...query, ...Object.fromEntries(values), filters };
}

/** What a field's text stands for; nothing when it stands for everything. */
function valuesOf(text: string | undefined, scopedVars: ScopedVars): string[] {
  if (!text) {
    return [];
  }
  let several: string[] | undefined;
  const one = getTemplateSrv().replace(text, scopedVars, (value: string | string[]) => {
    several = Array.isArray(value) ? value : undefined;
    return Array.isArray(value) ? (value[0] ?? '') : value;
  });
  const values = several ?? [one];
  return values.some((value) => all.includes(value)) ? [] : values;
}
