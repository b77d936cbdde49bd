import type { KubeObject } from '../runtime.ts';

type Labels = Readonly<Record<string, string>> | undefined;

/** metav1.LabelSelector: an empty selector matches everything, an absent one nothing. */
export function selects(selector: KubeObject | undefined, labels: Labels): boolean {
  if (!selector) return false;
  const equal = Object.entries((selector['matchLabels'] ?? {}) as Record<string, string>);
  if (!equal.every(([key, value]) => labels?.[key] === value)) return false;
  return ((selector['matchExpressions'] ?? []) as KubeObject[]).every((one) => meets(one, labels?.[one['key']]));
}

/** Node selector terms know two operators more. */
export function meets(requirement: KubeObject, value: string | undefined): boolean {
  const values = (requirement['values'] ?? []) as string[];
  switch (requirement['operator']) {
    case 'In':
      return value !== undefined && values.includes(value);
    case 'NotIn':
      return value === undefined || !values.includes(value);
    case 'Exists':
      return value !== undefined;
    case 'DoesNotExist':
      return value === undefined;
    case 'Gt':
      return Number(value) > Number(values[0]);
    case 'Lt':
      return Number(value) < Number(values[0]);
    default:
      return false;
  }
}

/** A Service's selector: plain labels; an empty one selects nothing. */
export function selectsPlain(selector: Labels, labels: Labels): boolean {
  const pairs = Object.entries(selector ?? {});
  return pairs.length > 0 && pairs.every(([key, value]) => labels?.[key] === value);
}
