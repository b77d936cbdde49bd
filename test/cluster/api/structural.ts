import { isObject } from './json.ts';
import type { Cause } from './status.ts';
import type { KubeObject } from '../runtime.ts';

const open = (schema: KubeObject): boolean => schema['x-kubernetes-preserve-unknown-fields'] === true;
const implicit = new Set(['apiVersion', 'kind', 'metadata']);

/** Drops what a structural schema does not name and fills in its defaults. */
export function shaped(
  value: unknown,
  schema: KubeObject,
  root: boolean,
  report: (path: string) => void,
  path = '',
): unknown {
  if (Array.isArray(value)) {
    const items: unknown = schema['items'];
    return isObject(items)
      ? value.map((one, index) => shaped(one, items, false, report, `${path}[${index}]`))
      : (value as unknown[]);
  }
  if (!isObject(value)) return value;
  const properties = (schema['properties'] ?? {}) as Record<string, KubeObject>;
  const extra: unknown = schema['additionalProperties'];
  const result: KubeObject = {};
  for (const [key, child] of Object.entries(value)) {
    const at = path ? `${path}.${key}` : key;
    const known = properties[key] ?? (isObject(extra) ? extra : undefined);
    if (root && implicit.has(key)) result[key] = child;
    else if (known) result[key] = shaped(child, known, false, report, at);
    else if (open(schema) || extra === true || Object.keys(properties).length === 0) result[key] = child;
    else report(at);
  }
  for (const [key, property] of Object.entries(properties))
    if (result[key] === undefined && property['default'] !== undefined) result[key] = property['default'];
  return result;
}

const typeOf = (value: unknown): string =>
  Array.isArray(value) ? 'array' : value === null ? 'null' : Number.isInteger(value) ? 'integer' : typeof value;

function typeCause(value: unknown, schema: KubeObject, path: string): Cause[] {
  const wanted = schema['type'] as string | undefined;
  const is = typeOf(value);
  if (!wanted || wanted === is || (wanted === 'number' && is === 'integer') || schema['x-kubernetes-int-or-string'])
    return [];
  return [
    {
      reason: 'FieldValueTypeInvalid',
      message: `Invalid value: "${is}": ${path} in body must be of type ${wanted}: "${is}"`,
      field: path,
    },
  ];
}

function rangeCauses(value: unknown, schema: KubeObject, path: string): Cause[] {
  const causes: Cause[] = [];
  const bad = (reason: string, message: string): number => causes.push({ reason, message, field: path });
  const allowed: unknown = schema['enum'];
  if (Array.isArray(allowed) && !allowed.includes(value))
    bad(
      'FieldValueNotSupported',
      `Unsupported value: ${JSON.stringify(value)}: supported values: ${allowed.map((one) => JSON.stringify(one)).join(', ')}`,
    );
  if (typeof value === 'number' && schema['minimum'] !== undefined && value < Number(schema['minimum']))
    bad(
      'FieldValueInvalid',
      `Invalid value: ${value}: ${path} in body should be greater than or equal to ${schema['minimum']}`,
    );
  if (typeof value === 'number' && schema['maximum'] !== undefined && value > Number(schema['maximum']))
    bad(
      'FieldValueInvalid',
      `Invalid value: ${value}: ${path} in body should be less than or equal to ${schema['maximum']}`,
    );
  return causes;
}

/** Why a custom resource does not fit its schema. */
export function schemaCauses(value: unknown, schema: KubeObject, path = ''): Cause[] {
  const wrongType = typeCause(value, schema, path);
  if (wrongType.length > 0) return wrongType;
  const own = rangeCauses(value, schema, path);
  const items: unknown = schema['items'];
  if (Array.isArray(value))
    return [
      ...own,
      ...(isObject(items) ? value.flatMap((one, index) => schemaCauses(one, items, `${path}[${index}]`)) : []),
    ];
  if (!isObject(value)) return own;
  const join = (key: string): string => (path ? `${path}.${key}` : key);
  const missing = ((schema['required'] ?? []) as string[]).filter((key) => value[key] === undefined);
  const properties = (schema['properties'] ?? {}) as Record<string, KubeObject>;
  return [
    ...own,
    ...missing.map((key) => ({ reason: 'FieldValueRequired', message: 'Required value', field: join(key) })),
    ...Object.entries(properties).flatMap(([key, property]) =>
      value[key] === undefined || (path === '' && implicit.has(key))
        ? []
        : schemaCauses(value[key], property, join(key)),
    ),
  ];
}
