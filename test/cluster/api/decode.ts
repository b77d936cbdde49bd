import { isObject } from './json.ts';
import { fieldsOf, type Field } from './schema.ts';
import { badRequest } from './status.ts';
import type { KubeObject } from '../runtime.ts';

/** Fields whose values are quantities: the server takes numbers for them too, and shows strings. */
const quantities = new Set(
  (
    'requests limits hard used capacity allocatable default defaultRequest min max maxLimitRequestRatio ' +
    'allocatedResources overhead sizeLimit averageValue value divisor'
  ).split(' '),
);
const rfc3339 = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/;
const seconds = /^[^.]{19}Z$/;
const micros = /^[^.]{19}\.\d{6}Z$/;

const goName = (value: unknown): string => (Array.isArray(value) ? 'array' : typeof value);

function refuse(value: unknown, path: string, wanted: string): never {
  const [kind, ...fields] = path.split('.');
  throw badRequest(
    `${kind} cannot be handled as a ${kind}: json: cannot unmarshal ${goName(value)} into Go struct field ${kind}.${fields.join('.')} of type ${wanted}`,
  );
}

function decodeTime(value: unknown, path: string, exact: RegExp, digits: number): string {
  if (typeof value !== 'string') return refuse(value, path, 'string');
  if (!rfc3339.test(value)) throw badRequest(`${path}: parsing time "${value}" as "2006-01-02T15:04:05Z07:00"`);
  if (exact.test(value)) return value;
  const whole = new Date(value).toISOString().slice(0, 19);
  const fraction = /\.(\d+)/.exec(value)?.[1] ?? '';
  return digits > 0 ? `${whole}.${fraction.padEnd(digits, '0').slice(0, digits)}Z` : `${whole}Z`;
}

const isScalar =
  (...types: readonly string[]) =>
  (value: unknown, path: string): unknown =>
    types.includes(typeof value) ? value : refuse(value, path, types[0] as string);

const scalars: Readonly<Record<string, (value: unknown, path: string) => unknown>> = {
  string: isScalar('string'),
  number: isScalar('number'),
  boolean: isScalar('boolean'),
  IntOrString: isScalar('string', 'number'),
  Date: (value, path) => decodeTime(value, path, seconds, 0),
  V1MicroTime: (value, path) => decodeTime(value, path, micros, 6),
};

function decodeOne(value: unknown, field: Field, path: string): unknown {
  if (value === null || value === undefined) return value;
  if (field.type === 'string' && typeof value === 'number' && quantities.has(field.name)) return String(value);
  return decode(value, field.type, path);
}

function decodeField(value: unknown, field: Field, path: string): unknown {
  if (value === null || value === undefined || field.shape === 'value') return decodeOne(value, field, path);
  if (field.shape === 'list') {
    if (!Array.isArray(value)) return refuse(value, path, `[]${field.type}`);
    const next: unknown[] = value.map((one) => decodeOne(one, field, path));
    return next.every((one, index) => one === value[index]) ? value : next;
  }
  if (!isObject(value)) return refuse(value, path, `map[string]${field.type}`);
  return mapValues(value, (one) => decodeOne(one, field, path));
}

/** The same object when no value changes, so that what is stored keeps sharing its parts. */
function mapValues(value: KubeObject, change: (one: unknown, key: string) => unknown): KubeObject {
  let result = value;
  for (const [key, one] of Object.entries(value)) {
    const next = change(one, key);
    if (next === one) continue;
    if (result === value) result = { ...value };
    result[key] = next;
  }
  return result;
}

/**
 * Reads a value as the server's decoder does: 400 for a JSON type that does not fit or a time that is none; numbers
 * become quantities and times get the precision of their type. Fields that the model does not know pass.
 */
export function decode(value: unknown, model: string, path: string): unknown {
  const scalar = scalars[model];
  if (scalar) return scalar(value, path);
  const fields = fieldsOf(model);
  if (!fields) return value;
  if (!isObject(value)) return refuse(value, path, model.replace(/^.*V\d+(beta\d+)?/, ''));
  return mapValues(value, (one, key) => {
    const field = fields.get(key);
    return field ? decodeField(one, field, `${path}.${key}`) : one;
  });
}
