import type { AdHocVariableFilter } from '@grafana/data';

export const tagKeys = ['namespace', 'workload', 'severity', 'metricType'] as const;
/** What ad-hoc filters can be about; a row without the key is kept out only by a filter that asks for a value. */
export type Row = Readonly<Partial<Record<(typeof tagKeys)[number], string>>>;

export const matches = (row: Row, filters: readonly AdHocVariableFilter[]): boolean =>
  filters.every((filter) => matchesOne(valueOf(row, filter.key), filter));

const valueOf = (row: Row, key: string): string => Object.entries(row).find(([name]) => name === key)?.[1] ?? '';

function matchesOne(value: string, { operator, value: wanted, values }: AdHocVariableFilter): boolean {
  switch (operator) {
    case '=':
      return value === wanted;
    case '!=':
      return value !== wanted;
    case '=|':
      return (values ?? [wanted]).includes(value);
    case '!=|':
      return !(values ?? [wanted]).includes(value);
    case '=~':
      return anchored(wanted)?.test(value) ?? false;
    case '!~':
      return !(anchored(wanted)?.test(value) ?? false);
    default:
      return true;
  }
}

/** As Prometheus does: the whole value must match. Undefined while somebody is still typing the expression. */
function anchored(pattern: string): RegExp | undefined {
  try {
    return new RegExp(`^(?:${pattern})$`);
  } catch {
    return undefined;
  }
}
