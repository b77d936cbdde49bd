import type { IncomingHttpHeaders } from 'node:http';
import { ApiError } from './status.ts';
import type { Attributes, User } from './authorization.ts';

const listed = (value: string | string[] | undefined): string[] =>
  value === undefined ? [] : [value].flat().flatMap((one) => one.split(/,\s*/));

function groupsOf(name: string, asked: readonly string[]): string[] {
  const account = /^system:serviceaccount:([^:]+):/.exec(name)?.[1];
  const own = account ? ['system:serviceaccounts', `system:serviceaccounts:${account}`] : [];
  return [...new Set([...asked, ...own, 'system:authenticated'])];
}

/** Who a request speaks for (`kubectl --as`): the user itself, or another whom it may impersonate; else 403. */
export function impersonated(
  headers: IncomingHttpHeaders,
  user: User,
  allows: (user: User, want: Attributes) => boolean,
): User {
  const name = listed(headers['impersonate-user'])[0];
  if (!name) return user;
  const groups = listed(headers['impersonate-group']);
  const wanted = [['users', name] as const, ...groups.map((group) => ['groups', group] as const)];
  for (const [resource, which] of wanted) {
    if (allows(user, { verb: 'impersonate', group: '', resource, name: which })) continue;
    throw new ApiError(
      403,
      'Forbidden',
      `${resource} "${which}" is forbidden: User "${user.name}" cannot impersonate resource "${resource}" in API group "" at the cluster scope`,
      { name: which, kind: resource },
    );
  }
  return { name, groups: groupsOf(name, groups) };
}
