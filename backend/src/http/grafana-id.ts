import {
  createLocalJWKSet,
  decodeJwt,
  decodeProtectedHeader,
  jwtVerify,
  type JSONWebKeySet,
  type JWTPayload,
} from 'jose';
import { readFile } from 'node:fs/promises';
import { z } from 'zod';

export interface GrafanaIssuer {
  readonly issuer: string;
  readonly jwksUrl?: string | undefined;
  readonly jwksFile?: string | undefined;
  readonly orgs: readonly number[];
}
/** A person whom Grafana vouches for. `subject` (`user:<id>`) decides; the names are for people. */
export interface VerifiedUser {
  readonly issuer: string;
  readonly subject: string;
  readonly username: string;
}
export type Verification =
  | { readonly ok: true; readonly user: VerifiedUser }
  | { readonly ok: false; readonly reason: 'NotConfigured' | 'BadToken' | 'KeysUnavailable'; readonly message: string };

const cacheMs = 10 * 60_000;
/** An unknown key is asked for once; then not again for this long, so that forged tokens cause no request storm (ms). */
const refetchMs = 30_000;
const timeoutMs = 5_000;
const leewaySeconds = 60;

const Keys = z.object({ keys: z.array(z.looseObject({ kty: z.string(), kid: z.string().optional() })) });
const Claims = z.object({
  iss: z.string(),
  sub: z.string().regex(/^user:.+/, 'not a user'),
  aud: z.union([z.string(), z.array(z.string())]),
  exp: z.number(),
  iat: z.number().optional(),
  type: z.literal('user', 'not a user'),
  username: z.string().min(1),
  namespace: z.string(),
});

/** `https://grafana.example/` and `https://grafana.example` are one issuer. */
const slashless = (url: string): string => url.replace(/\/+$/, '');
const namespaceOf = (org: number): string => (org === 1 ? 'default' : `org-${org}`);

export interface KeyRingOptions {
  /** Milliseconds, wall time: key caches and JWTs do not follow a simulated clock. */
  readonly now?: () => number;
  readonly fetch?: typeof fetch;
}

/** One issuer's public keys: kept for ten minutes, fetched again once when a token names a key that is not among them. */
function createKeyRing(issuer: GrafanaIssuer, options: Required<KeyRingOptions>) {
  let held: { keys: JSONWebKeySet; at: number } | undefined;
  let fetching: Promise<JSONWebKeySet> | undefined;
  let refetchedAt = -Infinity;

  async function read(): Promise<unknown> {
    if (issuer.jwksFile) return JSON.parse(await readFile(issuer.jwksFile, 'utf8'));
    const answer = await options.fetch(issuer.jwksUrl ?? '', {
      signal: AbortSignal.timeout(timeoutMs),
      redirect: 'error',
    });
    if (!answer.ok) throw new Error(`the keys' address answered ${answer.status}`);
    return answer.json();
  }
  async function load(): Promise<JSONWebKeySet> {
    const keys = Keys.parse(await read()) as JSONWebKeySet;
    held = { keys, at: options.now() };
    return keys;
  }
  const fetched = (): Promise<JSONWebKeySet> => (fetching ??= load().finally(() => (fetching = undefined)));
  const has = (keys: JSONWebKeySet, kid: string): boolean => keys.keys.some((key) => key.kid === kid);

  return async (kid: string): Promise<JSONWebKeySet> => {
    const fresh = held && options.now() - held.at < cacheMs ? held.keys : await fetched();
    if (has(fresh, kid) || options.now() - refetchedAt < refetchMs) return fresh;
    refetchedAt = options.now();
    return fetched();
  };
}

const failed = (reason: Extract<Verification, { ok: false }>['reason'], message: string): Verification => ({
  ok: false,
  reason,
  message,
});

/**
 * Verifies `X-Grafana-Id`: ES256 alone, key by `kid`, `exp` required, 60 s leeway, issuer, audience, namespace and type
 * checked. Never throws; fails closed when keys cannot be had.
 */
export function createGrafanaVerifier(issuers: readonly GrafanaIssuer[], options: KeyRingOptions = {}) {
  const { now = Date.now, fetch: fetchKeys = fetch } = options;
  const rings = new Map(
    issuers.map((one) => [
      slashless(one.issuer),
      { issuer: one, keysFor: createKeyRing(one, { now, fetch: fetchKeys }) },
    ]),
  );

  return async (token: string): Promise<Verification> => {
    if (rings.size === 0)
      return failed('NotConfigured', 'no Grafana is trusted to identify people; set GRAFANA_ISSUERS');
    const named = peek(token);
    const ring = named && rings.get(slashless(named.issuer));
    if (!named || !ring) return failed('BadToken', 'X-Grafana-Id does not come from a trusted Grafana');
    let keys: JSONWebKeySet;
    try {
      keys = await ring.keysFor(named.kid);
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      return failed('KeysUnavailable', `the keys of ${ring.issuer.issuer} cannot be read: ${why}`);
    }
    return verified(token, keys, ring.issuer, now());
  };
}

/** Who signed it and with which key, unverified; undefined for anything but an ES256 token that names its key. */
function peek(token: string): { issuer: string; kid: string } | undefined {
  try {
    const { alg, kid } = decodeProtectedHeader(token);
    const { iss } = decodeJwt(token);
    return alg === 'ES256' && kid !== undefined && iss !== undefined ? { issuer: iss, kid } : undefined;
  } catch {
    return undefined;
  }
}

async function verified(token: string, keys: JSONWebKeySet, issuer: GrafanaIssuer, now: number): Promise<Verification> {
  let payload: JWTPayload;
  try {
    const { kid } = decodeProtectedHeader(token);
    const only = { keys: keys.keys.filter((key) => key.kid === kid && (key.alg ?? 'ES256') === 'ES256') };
    const checked = await jwtVerify(token, createLocalJWKSet(only), {
      algorithms: ['ES256'],
      // Not one of the other tokens that Grafana signs with the same keys.
      typ: 'jwt',
      audience: issuer.orgs.map((org) => `org:${org}`),
      clockTolerance: leewaySeconds,
      currentDate: new Date(now),
      requiredClaims: ['exp', 'iss', 'sub', 'aud'],
    });
    payload = checked.payload;
  } catch (error) {
    return failed('BadToken', `X-Grafana-Id is not valid: ${error instanceof Error ? error.message : 'unreadable'}`);
  }
  const claims = Claims.safeParse(payload);
  if (!claims.success) {
    const [issue] = claims.error.issues;
    return failed('BadToken', `X-Grafana-Id is not valid: ${issue?.path.join('.')}: ${issue?.message}`);
  }
  const { iss, sub, username, namespace } = claims.data;
  if (slashless(iss) !== slashless(issuer.issuer) || !issuer.orgs.some((org) => namespaceOf(org) === namespace))
    return failed('BadToken', 'X-Grafana-Id is for another organisation');
  return { ok: true, user: { issuer: slashless(issuer.issuer), subject: sub, username } };
}
