import type { Store } from './store.ts';
import type { KubeObject } from '../runtime.ts';

export interface User {
  readonly name: string;
  readonly groups: readonly string[];
}

/** What somebody wants to do: a verb on a resource, or on a path that is no resource. */
export interface Attributes {
  readonly verb: string;
  readonly group: string;
  readonly resource: string;
  readonly subresource?: string;
  readonly namespace?: string;
  readonly name?: string;
  readonly path?: string;
}

const rbac = 'rbac.authorization.k8s.io';
const has = (list: unknown, ...wanted: readonly string[]): boolean =>
  Array.isArray(list) && (list.includes('*') || wanted.some((one) => list.includes(one)));

function subjectMatches(subject: KubeObject, user: User, namespace: string | undefined): boolean {
  if (subject['kind'] === 'User') return subject['name'] === user.name || subject['name'] === '*';
  if (subject['kind'] === 'Group') return user.groups.includes(subject['name'] as string);
  return user.name === `system:serviceaccount:${subject['namespace'] ?? namespace}:${subject['name']}`;
}

function pathMatches(rule: KubeObject, path: string): boolean {
  const urls: string[] = rule['nonResourceURLs'] ?? [];
  return urls.some((url) => url === '*' || url === path || (url.endsWith('*') && path.startsWith(url.slice(0, -1))));
}

function ruleAllows(rule: KubeObject, want: Attributes): boolean {
  if (!has(rule['verbs'], want.verb)) return false;
  if (want.path !== undefined) return pathMatches(rule, want.path);
  const resource = want.subresource ? `${want.resource}/${want.subresource}` : want.resource;
  const wildcard = want.subresource ? [`*/${want.subresource}`] : [];
  if (!has(rule['apiGroups'], want.group) || !has(rule['resources'], resource, ...wildcard)) return false;
  const names: string[] = rule['resourceNames'] ?? [];
  return names.length === 0 || (want.name !== undefined && names.includes(want.name));
}

/** The RBAC evaluator: guards requests and answers access reviews, from the roles and bindings in the store. */
export interface Authorizer {
  allows(user: User, want: Attributes): boolean;
  /** The rules that hold for a user in a namespace (cluster-wide ones included). */
  rules(user: User, namespace: string): readonly KubeObject[];
}

export function createAuthorizer(store: Store): Authorizer {
  function rulesOf(ref: KubeObject, namespace: string | undefined): readonly KubeObject[] {
    const shelf = ref['kind'] === 'Role' ? `roles.${rbac}` : `clusterroles.${rbac}`;
    const role = store.get(shelf, ref['kind'] === 'Role' ? namespace : undefined, ref['name'] as string);
    if (!role) return [];
    return role['aggregationRule'] ? aggregated(role) : (role['rules'] ?? []);
  }

  function aggregated(role: KubeObject): readonly KubeObject[] {
    const selectors: KubeObject[] = role['aggregationRule'].clusterRoleSelectors ?? [];
    const others = store.list(`clusterroles.${rbac}`).map(([, one]) => one);
    const chosen = others.filter((one) =>
      selectors.some((selector) =>
        Object.entries((selector['matchLabels'] ?? {}) as Record<string, string>).every(
          ([key, value]) => one['metadata'].labels?.[key] === value,
        ),
      ),
    );
    return [...(role['rules'] ?? []), ...chosen.flatMap((one) => (one['rules'] ?? []) as KubeObject[])];
  }

  function bound(user: User, shelf: string, namespace?: string): readonly KubeObject[] {
    return store
      .list(`${shelf}.${rbac}`, namespace)
      .map(([, binding]) => binding)
      .filter((binding) =>
        ((binding['subjects'] ?? []) as KubeObject[]).some((one) => subjectMatches(one, user, namespace)),
      )
      .flatMap((binding) => rulesOf(binding['roleRef'], namespace));
  }

  const rules = (user: User, namespace: string | undefined): readonly KubeObject[] => [
    ...bound(user, 'clusterrolebindings'),
    ...(namespace ? bound(user, 'rolebindings', namespace) : []),
  ];

  const superuser = (user: User): boolean => user.groups.includes('system:masters');
  const everything: readonly KubeObject[] = [
    { verbs: ['*'], apiGroups: ['*'], resources: ['*'] },
    { verbs: ['*'], nonResourceURLs: ['*'] },
  ];
  return {
    allows: (user, want) => superuser(user) || rules(user, want.namespace).some((rule) => ruleAllows(rule, want)),
    rules: (user, namespace) => (superuser(user) ? everything : rules(user, namespace)),
  };
}
