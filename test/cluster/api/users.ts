import { randomBytes } from 'node:crypto';
import type { User } from './authorization.ts';

export interface TokenEntry {
  readonly token: string;
  readonly user: string;
  readonly groups: readonly string[];
}

const known: readonly (readonly [key: string, name: string, groups: readonly string[]])[] = [
  ['admin', 'admin', ['system:masters']],
  ['kubewise', 'kubewise', []],
  ['viewer', 'viewer', []],
  ['kubelet', 'system:node:simulated', ['system:nodes']],
  ['controllers', 'system:kube-controller-manager', []],
];

/** The users of a server: token → user for authentication, short name → token for kubeconfigs. */
export interface UserBook {
  readonly byToken: ReadonlyMap<string, User>;
  tokenOf(user: string): string;
  /** A new token for a user, as serviceaccounts/x/token issues it. */
  issue(user: User): string;
}

export function createUserBook(given: readonly TokenEntry[]): UserBook {
  const byToken = new Map<string, User>();
  const tokens = new Map<string, string>();
  const add = (key: string, token: string, name: string, groups: readonly string[]): void => {
    byToken.set(token, { name, groups: [...groups, 'system:authenticated'] });
    tokens.set(key, token);
  };
  for (const [key, name, groups] of known) add(key, randomBytes(24).toString('base64url'), name, groups);
  for (const { token, user, groups } of given) add(user, token, user, groups);
  return {
    byToken,
    tokenOf(user) {
      const token = tokens.get(user);
      if (!token) throw new Error(`the simulated cluster has no user ${user}; it has ${[...tokens.keys()].join(', ')}`);
      return token;
    },
    issue(user) {
      const token = randomBytes(24).toString('base64url');
      byToken.set(token, user);
      return token;
    },
  };
}

/** A kubeconfig for one user; the CA is inside, so the text is all a client needs. */
export const kubeconfigText = (url: string, caPem: string, user: string, token: string): string =>
  JSON.stringify(
    {
      apiVersion: 'v1',
      kind: 'Config',
      'current-context': 'simulated',
      clusters: [
        {
          name: 'simulated',
          cluster: { server: url, 'certificate-authority-data': Buffer.from(caPem).toString('base64') },
        },
      ],
      users: [{ name: user, user: { token } }],
      contexts: [{ name: 'simulated', context: { cluster: 'simulated', user } }],
    },
    null,
    2,
  );
