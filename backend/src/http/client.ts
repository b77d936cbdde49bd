import type {
  ActionRow,
  ApprovalRequest,
  AuditVerdict,
  BacktestRequest,
  Detectors,
  HealthExtended,
  IncidentDetail,
  IncidentRow,
  Job,
  KillSwitch,
  Me,
  ModeAnswer,
  MuteRequest,
  Page,
  PendingPlan,
  Problem,
  RejectionRequest,
  WireAnomaly,
  WireAuditEntry,
  WireConfig,
  WireMute,
  WirePermissionCheck,
  WireQuery,
} from './contract.ts';

/** The server said no: `status` is HTTP's, `reason` the problem's word, the message its sentence. */
export class Refused extends Error {
  readonly status: number;
  readonly reason: string;
  constructor(status: number, reason: string, message: string) {
    super(message);
    this.name = 'Refused';
    this.status = status;
    this.reason = reason;
  }
}
/** Nobody answered at that address, or what answered was not KubeWise. */
export class Unreachable extends Error {
  constructor(url: string, cause: unknown) {
    const why =
      cause instanceof Error ? (cause.cause instanceof Error ? cause.cause.message : cause.message) : String(cause);
    super(`no KubeWise answers at ${url} (${why})`, { cause });
    this.name = 'Unreachable';
  }
}

type Query = Readonly<Record<string, string | number | boolean | undefined>>;
export interface ClientOptions {
  readonly url: string;
  readonly token: string;
  readonly timeoutMs?: number;
  readonly fetch?: typeof fetch;
}

function queryText(query: Query): string {
  const pairs = Object.entries(query).flatMap(([key, value]) => (value === undefined ? [] : [[key, String(value)]]));
  return pairs.length > 0 ? `?${new URLSearchParams(pairs)}` : '';
}

const isProblem = (value: unknown): value is Problem =>
  typeof value === 'object' && value !== null && 'detail' in value && 'reason' in value;

async function refusalOf(response: Response): Promise<Refused> {
  const body: unknown = await response.json().catch(() => undefined);
  if (isProblem(body)) return new Refused(response.status, body.reason, body.detail);
  return new Refused(response.status, 'Unknown', `the server answered ${response.status}`);
}

/**
 * The API for clients written in TypeScript. Throws `Refused` or `Unreachable`.
 *
 * @example
 * const api = createClient({ url: 'http://127.0.0.1:8000', token });
 * for (const { incident, plan } of (await api.plans()).items) console.log(incident.title, plan.digest);
 */
export function createClient(options: ClientOptions) {
  const { url, token, timeoutMs = 15_000, fetch: send = fetch } = options;
  const base = url.replace(/\/+$/, '');

  async function call<T>(method: 'GET' | 'POST' | 'PUT', path: string, body?: unknown): Promise<T> {
    const response = await send(base + path, {
      method,
      headers: {
        Authorization: `Bearer ${token}`,
        Accept: 'application/json',
        ...(method !== 'GET' && { 'Content-Type': 'application/json' }),
      },
      signal: AbortSignal.timeout(timeoutMs),
      ...(method !== 'GET' && { body: JSON.stringify(body ?? {}) }),
    }).catch((error: unknown) => {
      throw new Unreachable(base, error);
    });
    if (!response.ok) throw await refusalOf(response);
    if (response.status === 204) return undefined as T;
    return (await response.json().catch((error: unknown) => {
      throw new Unreachable(base, error);
    })) as T;
  }
  const get = <T>(path: string, query: Query = {}): Promise<T> => call<T>('GET', `/api/v1${path}${queryText(query)}`);
  const post = <T>(path: string, body?: unknown): Promise<T> => call<T>('POST', `/api/v1${path}`, body);
  const id = encodeURIComponent;

  return {
    url: base,
    me: () => get<Me>('/me'),
    health: () => get<HealthExtended>('/health/extended'),
    incidents: (query: Query = {}) => get<Page<IncidentRow>>('/incidents', query),
    incident: (incidentId: string) => get<IncidentDetail>(`/incidents/${id(incidentId)}`),
    acknowledge: (incidentId: string) => post<IncidentDetail>('/incidents/actions', { act: 'acknowledge', incidentId }),
    analyze: (incidentId: string) => post<IncidentDetail>('/incidents/actions', { act: 'analyze', incidentId }),
    command: (incidentId: string, command: string) =>
      post<IncidentDetail>(`/incidents/${id(incidentId)}/command`, { command }),
    plans: () => get<Page<PendingPlan>>('/plans', { limit: 200 }),
    plan: (planId: string) => get<PendingPlan>(`/plans/${id(planId)}`),
    approve: (request: ApprovalRequest) => post<IncidentDetail>('/approvals', request),
    reject: (request: RejectionRequest) => post<IncidentDetail>('/rejections', request),
    anomalies: (query: Query = {}) => get<Page<WireAnomaly>>('/anomalies', query),
    queries: () => get<Page<WireQuery>>('/queries'),
    detectors: () => get<Detectors>('/detectors'),
    actions: () => get<Page<ActionRow>>('/actions'),
    permissions: () => get<Page<WirePermissionCheck>>('/permissions'),
    mutes: () => get<Page<WireMute>>('/mutes', { limit: 500 }),
    mute: (request: MuteRequest) => post<WireMute>('/mutes', request),
    unmute: (muteId: string) => post<void>('/mutes/end', { muteId }),
    mode: () => get<ModeAnswer>('/mode'),
    setMode: (mode: ModeAnswer['mode']) => post<ModeAnswer>('/mode', { mode }),
    killSwitch: () => get<KillSwitch>('/killswitch'),
    setKillSwitch: (on: boolean) => post<KillSwitch>('/killswitch', { on }),
    config: () => get<WireConfig>('/config'),
    setConfig: (change: Readonly<Record<string, unknown>>) => call<WireConfig>('PUT', '/api/v1/config', change),
    audit: (query: Query = {}) => get<Page<WireAuditEntry>>('/audit', query),
    auditVerify: () => get<AuditVerdict>('/audit/verify'),
    backtest: (request: BacktestRequest) => post<Job>('/backtests', request),
    train: (days: number) => post<{ job_id: string }>('/metrics/model/train', { days }),
    job: (jobId: string) => get<Job>(`/jobs/${id(jobId)}`),
    cancelJob: (jobId: string) => post<Job>('/jobs/cancel', { jobId }),
    backup: () => post<{ path: string; bytes: number }>('/backups'),
  };
}
export type Client = ReturnType<typeof createClient>;
