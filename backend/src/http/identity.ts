import type { Request } from 'express';
import { createHash, timingSafeEqual } from 'node:crypto';
import type { Identity } from '../pipeline/ports.ts';
import type { createGrafanaVerifier } from './grafana-id.ts';
import { HttpProblem } from './problems.ts';
import { holds, specOf, type Right, type Role } from './rights.ts';

export interface BearerToken {
  readonly id: string;
  readonly role: Role;
  readonly token: string;
}
export interface IdentityOptions {
  readonly tokens: readonly BearerToken[];
  readonly verify: ReturnType<typeof createGrafanaVerifier>;
  /** What only the approval route of the data source sends. */
  readonly approveSecret?: string | undefined;
  /** Metrics carry names of workloads, no secrets; scrapers often bring no token. */
  readonly openMetrics: boolean;
}

const hashed = (secret: string): Buffer => createHash('sha256').update(secret).digest();
const same = (a: Buffer, b: Buffer): boolean => timingSafeEqual(a, b);
const missing = (): HttpProblem =>
  new HttpProblem(401, 'Unauthenticated', 'send a token of this KubeWise: "Authorization: Bearer …"');

function header(request: Request, name: string): string | undefined {
  const value = request.headers[name];
  return typeof value === 'string' && value !== '' ? value : undefined;
}

/**
 * Who is asking, and may they? Throws HttpProblem 401 or 403. A token's subject is its id; a person behind a trusted
 * Grafana is the verified `sub`. Nothing is believed from a header that a client can write.
 */
export function createGatekeeper(options: IdentityOptions) {
  const known = options.tokens.map((one) => ({ ...one, hash: hashed(one.token) }));
  const secret = options.approveSecret === undefined ? undefined : hashed(options.approveSecret);

  /** Compares with every token, so that the time taken says nothing. */
  function bearer(request: Request): Identity {
    const given = /^Bearer +([\x21-\x7e]+)$/i.exec(header(request, 'authorization') ?? '')?.[1];
    if (given === undefined) throw missing();
    const hash = hashed(given);
    const [found] = known.filter((one) => same(one.hash, hash));
    if (!found) throw new HttpProblem(401, 'Unauthenticated', 'this token is not known here');
    return { subject: found.id, issuer: 'token', role: found.role };
  }

  /** The person behind a Grafana, with the role that the path they came on carries. */
  async function person(token: string, role: Role): Promise<Identity> {
    const result = await options.verify(token);
    if (!result.ok)
      throw new HttpProblem(403, result.reason, `${result.message}; approve with the command line instead`);
    const { subject, issuer, username } = result.user;
    return { subject, issuer, role, name: username };
  }

  function checkSecret(request: Request): void {
    const given = header(request, 'x-kubewise-approve');
    if (secret === undefined)
      throw new HttpProblem(403, 'NotConfigured', 'approval through Grafana is off; set GRAFANA_APPROVE_SECRET');
    if (given === undefined || !same(hashed(given), secret))
      throw new HttpProblem(
        403,
        'Forbidden',
        'approving needs a token with role approver, or the approval route of Grafana',
      );
  }

  /** A viewer's token, the secret of the approval route and a verified person together make an approver. */
  async function approver(request: Request): Promise<Identity> {
    checkSecret(request);
    const token = header(request, 'x-grafana-id');
    if (token === undefined)
      throw new HttpProblem(
        403,
        'NoIdentity',
        'Grafana sent no X-Grafana-Id; sign in there, or approve with the command line',
      );
    return person(token, 'approver');
  }

  return async (request: Request, right: Right, changes: boolean): Promise<Identity> => {
    const spec = specOf(right);
    const open = spec.roles.length === 0 || (options.openMetrics && right === 'metrics:scrape');
    if (open) return { subject: 'anonymous', issuer: 'none', role: 'viewer' };
    const by = bearer(request);
    if (!holds(by.role, right)) {
      if (spec.token === 'bearer or verified' && by.role !== 'ingest') return approver(request);
      const needs = spec.roles.join(' or ');
      throw new HttpProblem(403, 'Forbidden', `token "${by.subject}" has role ${by.role}; ${right} needs ${needs}`);
    }
    const token = changes ? header(request, 'x-grafana-id') : undefined;
    if (token === undefined) return by;
    // Whoever claims to be a person must prove it, unless no Grafana is trusted at all.
    const result = await options.verify(token);
    return !result.ok && result.reason === 'NotConfigured' ? by : person(token, by.role);
  };
}
