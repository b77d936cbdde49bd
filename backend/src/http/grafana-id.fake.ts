import { exportJWK, generateKeyPair, SignJWT, type CryptoKey, type JWK } from 'jose';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { GrafanaIssuer } from './grafana-id.ts';

export interface Signer {
  readonly kid: string;
  readonly secret: CryptoKey;
  readonly open: JWK;
}
export async function signer(kid: string, alg = 'ES256'): Promise<Signer> {
  const { privateKey, publicKey } = await generateKeyPair(alg, { extractable: true });
  return { kid, secret: privateKey, open: { ...(await exportJWK(publicKey)), kid, alg, use: 'sig' } };
}

export const grafanaUrl = 'https://grafana.example';
export const now = Math.floor(Date.now() / 1000);
const claims = { type: 'user', username: 'anna', namespace: 'default', iss: grafanaUrl, sub: 'user:7', aud: 'org:1' };

/** A token as Grafana makes it; `changed` replaces claims and `header` fields, undefined leaves one out. */
export const signed = (by: Signer, changed: object = {}, header: { alg?: string; typ?: string } = {}) =>
  new SignJWT({ ...claims, iat: now, exp: now + 600, ...changed })
    .setProtectedHeader({ alg: 'ES256', kid: by.kid, typ: 'jwt', ...header })
    .sign(by.secret);

/** A Grafana as far as a backend sees it: the address of its keys, how often it was asked, and which keys it serves now. */
export interface Keys {
  readonly issuer: GrafanaIssuer;
  served: readonly JWK[];
  asked: number;
  stop(): Promise<void>;
}
export async function startKeys(): Promise<Keys> {
  const server = createServer((_request, response) => {
    keys.asked += 1;
    response.setHeader('Content-Type', 'application/json').end(JSON.stringify({ keys: keys.served }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const keys: Keys = {
    issuer: { issuer: `${grafanaUrl}/`, jwksUrl: `http://127.0.0.1:${port}/api/signing-keys/keys`, orgs: [1] },
    served: [],
    asked: 0,
    stop: () => new Promise((resolve) => server.close(() => resolve())),
  };
  return keys;
}
