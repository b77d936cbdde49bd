import { badRequest } from './status.ts';
import { qualified, type Resource } from './resources.ts';
import type { KubeObject } from '../runtime.ts';

export type Predicate = (object: KubeObject) => boolean;

const setExpression = /^\s*([\w./-]+)\s+(in|notin)\s*\(([^)]*)\)\s*$/;
const comparison = /^\s*([\w./-]+)\s*(==|!=|=|>|<)\s*([\w.-]*)\s*$/;
const existence = /^\s*(!?)\s*([\w./-]+)\s*$/;

/** Splits at commas outside parentheses. */
function clauses(text: string): string[] {
  return text.split(/,(?![^(]*\))/).filter((clause) => clause.trim() !== '');
}

type LabelTest = (labels: Readonly<Record<string, string>>) => boolean;

function compare(key: string, operator: string, value: string): LabelTest {
  if (operator === '!=') return (labels) => labels[key] !== value;
  if (operator === '>') return (labels) => key in labels && Number(labels[key]) > Number(value);
  if (operator === '<') return (labels) => key in labels && Number(labels[key]) < Number(value);
  return (labels) => labels[key] === value;
}

function labelClause(text: string): LabelTest {
  const set = setExpression.exec(text);
  if (set) {
    const [, key, operator, list] = set as unknown as [string, string, string, string];
    const values = new Set(list.split(',').map((one) => one.trim()));
    if (operator === 'in') return (labels) => key in labels && values.has(labels[key] as string);
    return (labels) => !(key in labels) || !values.has(labels[key] as string);
  }
  const pair = comparison.exec(text);
  if (pair) return compare(pair[1] as string, pair[2] as string, pair[3] as string);
  const exists = existence.exec(text);
  if (exists)
    return exists[1] ? (labels) => !((exists[2] as string) in labels) : (labels) => (exists[2] as string) in labels;
  throw badRequest(`unable to parse requirement: found '${text.trim()}', expected: in, notin, =, ==, !=, gt, lt`);
}

const none: Readonly<Record<string, string>> = {};

/** `labelSelector=` of a query. Throws 400 when it cannot be parsed. */
export function labelSelector(text: string): Predicate {
  const tests = clauses(text).map(labelClause);
  return (object) => tests.every((test) => test(object['metadata'].labels ?? none));
}

/** A LabelSelector object ({matchLabels, matchExpressions}); an empty one matches everything. */
export function matchesSelector(
  selector: KubeObject | undefined,
  labels: Readonly<Record<string, string>> = none,
): boolean {
  if (!selector) return false;
  const wanted = Object.entries((selector['matchLabels'] as Record<string, string> | undefined) ?? {});
  if (!wanted.every(([key, value]) => labels[key] === value)) return false;
  return ((selector['matchExpressions'] as KubeObject[] | undefined) ?? []).every((one) => {
    const values: string[] = one['values'] ?? [];
    const value = labels[one['key'] as string];
    if (one['operator'] === 'In') return value !== undefined && values.includes(value);
    if (one['operator'] === 'NotIn') return value === undefined || !values.includes(value);
    return one['operator'] === 'Exists' ? value !== undefined : value === undefined;
  });
}

export const at = (object: KubeObject, path: string): unknown =>
  path.split('.').reduce<unknown>((value, key) => (value as KubeObject | undefined)?.[key], object);

/** Fields whose selectable value is not the plain field. */
const computed: Readonly<Record<string, (object: KubeObject) => string>> = {
  'events source': (event) => event['source']?.component || event['reportingComponent'] || '',
  'nodes spec.unschedulable': (node) => String(node['spec']?.unschedulable ?? false),
  'pods spec.hostNetwork': (pod) => String(pod['spec']?.hostNetwork ?? false),
  'jobs status.successful': (job) => String(job['status']?.succeeded ?? 0),
  'replicasets status.replicas': (set) => String(set['status']?.replicas ?? 0),
};

/** `fieldSelector=` of a query; unknown labels are a 400 as on a real server. */
export function fieldSelector(text: string, resource: Resource): Predicate {
  const known = ['metadata.name', 'metadata.namespace', ...resource.fields];
  const tests = clauses(text).map((clause): Predicate => {
    const pair = /^\s*([\w./-]+)\s*(==|!=|=)\s*(.*?)\s*$/.exec(clause);
    if (!pair) throw badRequest(`invalid field selector: '${text}'; can't understand '${clause}'`);
    const [, path, operator, value] = pair as unknown as [string, string, string, string];
    if (!known.includes(path)) throw unknownField(resource, text, path);
    const read = computed[`${resource.plural} ${path}`] ?? ((object: KubeObject) => String(at(object, path) ?? ''));
    return operator === '!=' ? (object) => read(object) !== value : (object) => read(object) === value;
  });
  return (object) => tests.every((test) => test(object));
}

function unknownField(resource: Resource, text: string, path: string): Error {
  const gv = resource.group ? `${resource.group}/${resource.version}` : `/${resource.version}`;
  return badRequest(
    `Unable to find "${gv}, Resource=${resource.plural}" that match label selector "", field selector "${text}": ` +
      (resource.model
        ? `field label not supported: ${path}`
        : `field label not supported: ${path} (${qualified(resource)})`),
  );
}
