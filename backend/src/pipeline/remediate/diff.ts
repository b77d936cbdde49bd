import { annotations, type DryRun, type Json, type JsonObject } from '../../model/index.ts';

/** Fields that every write touches and that say nothing to a reviewer. */
const noise = new Set([
  ...['resourceVersion', 'generation', 'managedFields', 'uid', 'creationTimestamp', 'selfLink'],
  annotations.actionId,
]);
const maxRows = 60;

const isObject = (value: Json | undefined): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function walk(path: string, before: Json | undefined, after: Json | undefined, rows: DryRun['diff']): void {
  if (rows.length >= maxRows || JSON.stringify(before) === JSON.stringify(after)) return;
  if (Array.isArray(before) && Array.isArray(after)) {
    for (let i = 0; i < Math.max(before.length, after.length); i += 1)
      walk(`${path}[${i}]`, before[i] as Json, after[i] as Json, rows);
    return;
  }
  // A map that comes or goes is told key by key.
  if (before === undefined && isObject(after)) return walk(path, {}, after, rows);
  if (after === undefined && isObject(before)) return walk(path, before, {}, rows);
  if (!isObject(before) || !isObject(after)) {
    rows.push({ path, before: before ?? null, after: after ?? null });
    return;
  }
  for (const key of new Set([...Object.keys(before), ...Object.keys(after)]))
    if (!noise.has(key)) walk(path ? `${path}.${key}` : key, before[key], after[key], rows);
}

/** Which fields a write would change, as paths with the value before and after; status and bookkeeping left out. */
export function diffOf(before: JsonObject | undefined, after: JsonObject | undefined): DryRun['diff'] {
  if (!before || !after) return [];
  const rows: DryRun['diff'] = [];
  walk('metadata', before['metadata'], after['metadata'], rows);
  walk('spec', before['spec'], after['spec'], rows);
  return rows;
}
