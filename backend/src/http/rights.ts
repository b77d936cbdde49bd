import type { Identity } from '../pipeline/ports.ts';

export type Role = Identity['role'];
const everyone: readonly Role[] = ['viewer', 'operator', 'approver', 'admin'];
const operators: readonly Role[] = ['operator', 'approver', 'admin'];
const approvers: readonly Role[] = ['approver', 'admin'];
const admins: readonly Role[] = ['admin'];
const senders: readonly Role[] = ['ingest', 'admin'];

interface RightSpec {
  /** Roles that hold it; empty = nobody has to say who they are. */
  readonly roles: readonly Role[];
  /** Least role in Grafana that the proxy's route asks for. */
  readonly grafana: 'Viewer' | 'Editor' | 'Admin' | 'none';
  /** `verified`: a viewer token may do it too, with the approval secret and a verified X-Grafana-Id. */
  readonly token: 'none' | 'bearer' | 'bearer or verified';
  readonly routes: readonly string[];
}

/**
 * Who may do what: right × role × token × route. Every route of the server stands here exactly once (its compatibility
 * paths follow their right); one that does not stands in nobody's reach: the server refuses to start.
 */
export const rights = {
  'service:watch': {
    roles: [],
    grafana: 'none',
    token: 'none',
    routes: [
      'GET /health',
      'GET /livez',
      'GET /healthz',
      'GET /ready',
      'GET /readyz',
      'GET /openapi.json',
      'GET /docs',
      'GET /docs/{file}',
      'GET /redoc',
      'GET /redoc/{file}',
    ],
  },
  'metrics:scrape': { roles: [...everyone, 'ingest'], grafana: 'none', token: 'bearer', routes: ['GET /metrics'] },
  'plans:read': {
    roles: everyone,
    grafana: 'Viewer',
    token: 'bearer',
    routes: [
      'GET /api/v1/me',
      'GET /api/v1/health',
      'GET /api/v1/health/extended',
      'GET /health/extended',
      'GET /api/v1/incidents',
      'GET /api/v1/incidents/stream',
      'GET /api/v1/incidents/{id}',
      'GET /api/v1/plans',
      'GET /api/v1/plans/{id}',
      'GET /api/v1/anomalies',
      'GET /api/v1/anomalies/{id}',
      'GET /anomalies',
      'GET /anomalies/{id}',
      'GET /api/v1/annotations',
      'GET /api/v1/scores',
      'GET /api/v1/series',
      'GET /api/v1/queries',
      'GET /api/v1/detectors',
      'GET /api/v1/detectors/quality',
      'GET /api/v1/actions',
      'GET /api/v1/permissions',
      'GET /api/v1/events',
      'GET /api/v1/alerts',
      'GET /api/v1/mutes',
      'GET /api/v1/mode',
      'GET /api/v1/killswitch',
      'GET /api/v1/setup/mode',
      'GET /api/v1/jobs',
      'GET /api/v1/jobs/{id}',
      'GET /api/v1/metrics',
      'GET /api/v1/metrics/queries',
      'GET /api/v1/metrics/model/info',
      'GET /api/v1/remediation/events',
      'GET /api/v1/remediation/events/{id}',
      'GET /api/v1/remediation/commands',
      'POST /api/v1/score',
      'POST /investigate',
      'POST /api/v1/investigate',
    ],
  },
  'audit:read': {
    roles: everyone,
    grafana: 'Viewer',
    token: 'bearer',
    routes: [
      'GET /api/v1/audit',
      'GET /api/v1/audit/verify',
      'GET /api/v1/config',
      'GET /config',
      'GET /api/v1/setup/config',
    ],
  },
  'feedback:write': {
    roles: operators,
    grafana: 'Editor',
    token: 'bearer',
    routes: ['POST /api/v1/feedback', 'PUT /api/v1/anomalies/{id}/feedback', 'PUT /anomalies/{id}/feedback'],
  },
  'incidents:write': {
    roles: operators,
    grafana: 'Editor',
    token: 'bearer',
    routes: [
      'POST /api/v1/incidents/actions',
      'POST /api/v1/incidents/{id}/acknowledge',
      'POST /api/v1/incidents/{id}/assign',
      'POST /api/v1/incidents/{id}/snooze',
      'POST /api/v1/incidents/{id}/analyze',
      'POST /api/v1/anomalies/analyze/{id}',
      'POST /api/v1/mutes',
      'POST /api/v1/mutes/end',
    ],
  },
  'killswitch:write': { roles: operators, grafana: 'Editor', token: 'bearer', routes: ['POST /api/v1/killswitch'] },
  /** Proposing is an operator's; a plan still needs its approval, which an approver's own command carries. */
  'plans:propose': {
    roles: operators,
    grafana: 'Admin',
    token: 'bearer',
    routes: [
      'POST /api/v1/incidents/{id}/command',
      'POST /api/v1/incidents/{id}/revision',
      'POST /api/v1/remediation/events/{id}/remediate',
    ],
  },
  'plans:approve': {
    roles: approvers,
    grafana: 'Admin',
    token: 'bearer or verified',
    routes: ['POST /api/v1/approvals', 'POST /api/v1/rejections'],
  },
  'detectors:write': {
    roles: admins,
    grafana: 'Admin',
    token: 'bearer',
    routes: [
      'POST /api/v1/queries',
      'POST /api/v1/queries/delete',
      'POST /api/v1/backtests',
      'POST /api/v1/metrics/model/train',
    ],
  },
  'exports:write': {
    roles: operators,
    grafana: 'Editor',
    token: 'bearer',
    routes: ['POST /api/v1/exports', 'POST /api/v1/jobs/cancel'],
  },
  'mode:write': {
    roles: admins,
    grafana: 'Admin',
    token: 'bearer',
    routes: [
      'POST /api/v1/mode',
      'POST /api/v1/setup/mode',
      'PUT /api/v1/config',
      'PUT /config',
      'POST /api/v1/backups',
    ],
  },
  'samples:send': { roles: senders, grafana: 'none', token: 'bearer', routes: ['POST /api/v1/write'] },
  'alerts:send': { roles: senders, grafana: 'none', token: 'bearer', routes: ['POST /api/v1/alerts', 'POST /alerts'] },
} as const satisfies Record<string, RightSpec>;
export type Right = keyof typeof rights;

const table: ReadonlyMap<string, Right> = new Map(
  Object.entries(rights).flatMap(([right, spec]) =>
    spec.routes.map((route): [string, Right] => [route, right as Right]),
  ),
);
export const listedRoutes: readonly string[] = [...table.keys()];

/** The right that a route asks for, `GET /api/v1/incidents/{id}`. Throws when the table does not list it. */
export function rightOf(route: string): Right {
  const right = table.get(route);
  if (!right) throw new Error(`${route} is not in the rights table (http/rights.ts)`);
  return right;
}

export const specOf = (right: Right): RightSpec => rights[right];
export const holds = (role: Role, right: Right): boolean => specOf(right).roles.includes(role);
export const rightsOf = (role: Role): Right[] => (Object.keys(rights) as Right[]).filter((right) => holds(role, right));
