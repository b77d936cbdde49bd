import { exportJWK, generateKeyPair, SignJWT, type JWK } from 'jose';
import type { Role } from './routes.ts';

export interface User {
  readonly id: number;
  readonly login: string;
  readonly name: string;
  readonly role: Role;
  /** Grafana gives no token to some users (anonymous, a few login methods). */
  readonly withoutToken?: boolean;
}
export type Claims = Readonly<Record<string, unknown>>;

/** Signs X-Grafana-Id as Grafana's idimpl does: ES256, ten minutes, who but never which role. */
export interface IdentitySigner {
  /** The token of this user. Values in `claims` overwrite, undefined removes: how forged and broken ones are made. */
  sign(user: User, issuer: string, claims?: Claims): Promise<string>;
  jwks(): { readonly keys: readonly JWK[] };
  /** A new key and kid. The old public key stays only when asked to. */
  rotate(options?: { readonly keepOld: boolean }): Promise<void>;
}

export async function identitySigner(): Promise<IdentitySigner> {
  let generation = 0;
  let current = await newKey(generation);
  let published: readonly JWK[] = [current.jwk];
  return {
    sign: (user, issuer, claims = {}) =>
      new SignJWT(withoutUndefined({ ...claimsOf(user, issuer), ...claims }))
        .setProtectedHeader({ alg: 'ES256', kid: current.kid, typ: 'jwt' })
        .sign(current.privateKey),
    jwks: () => ({ keys: published }),
    async rotate({ keepOld } = { keepOld: false }) {
      generation += 1;
      current = await newKey(generation);
      published = keepOld ? [...published, current.jwk] : [current.jwk];
    },
  };
}

/** A signer whose key nobody published: its tokens name a kid that looks right and must be refused. */
export const foreignSigner = identitySigner;

async function newKey(generation: number) {
  const { privateKey, publicKey } = await generateKeyPair('ES256', { extractable: true });
  const kid = `stand-in-${generation}`;
  const jwk = { ...(await exportJWK(publicKey)), kid, alg: 'ES256', use: 'sig' };
  return { kid, privateKey, jwk };
}

/** Wall time on purpose: a JWT is checked against the wall clock. */
function claimsOf(user: User, issuer: string): Record<string, unknown> {
  const now = Math.floor(Date.now() / 1000);
  return {
    iss: issuer,
    sub: `user:${user.id}`,
    aud: ['org:1'],
    iat: now,
    exp: now + 600,
    namespace: 'default',
    identifier: String(user.id),
    type: 'user',
    username: user.login,
    email: `${user.login}@example.org`,
    email_verified: true,
    displayName: user.name,
  };
}

const withoutUndefined = (claims: Record<string, unknown>): Record<string, unknown> =>
  Object.fromEntries(Object.entries(claims).filter(([, value]) => value !== undefined));
