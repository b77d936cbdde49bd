import type {
  ActionRow,
  Annotations,
  ApprovalRequest,
  BacktestRequest,
  DetectorQuality,
  Detectors,
  ExportRequest,
  FeedbackPost,
  HealthExtended,
  IncidentAct,
  IncidentDetail,
  IncidentRow,
  Job,
  KillSwitch,
  Me,
  ModeAnswer,
  MuteRequest,
  Page,
  PendingPlan,
  QueryRequest,
  RejectionRequest,
  RevisionRequest,
  ScoreFramesAnswer,
  ScoreFramesRequest,
  SeriesAnswer,
  WireAnomaly,
  WireConfig,
  WireMute,
  WirePermissionCheck,
  WireQuery,
  WireScore,
} from '@kubewise/backend/contract';
import type { Params, Transport } from './transport';

/** Which objects a read is about: every field narrows, none means all. */
export interface Filter {
  readonly namespace?: string;
  readonly kind?: string;
  readonly name?: string;
  readonly severity?: string;
  readonly metricType?: string;
}
/** Unix milliseconds. */
export interface Range {
  readonly from: number;
  readonly to: number;
}

/** Everything that the plugin asks of one KubeWise. One method per path of the contract; each rejects with RequestFailed. */
export type KubeWise = ReturnType<typeof createKubeWise>;

// Each URL is of one right: the routes of plugin.json name them, and the proxy adds that right's secret.
export const createKubeWise = (transport: Transport) => ({
  ...reads(transport),
  ...decisions(transport),
  ...settings(transport),
});

const iso = (ms: number): string => new Date(ms).toISOString();
const within = (range: Range | undefined): Params => (range ? { from: iso(range.from), to: iso(range.to) } : {});

const reads = ({ get, post }: Transport) => ({
  me: () => get<Me>('api/me'),
  health: () => get<HealthExtended>('api/health/extended'),
  /** Unix ms on KubeWise's clock, which may be a simulated one; the browser's where it cannot be asked. */
  now: () =>
    get<HealthExtended>('api/health/extended').then(
      ({ now }) => Date.parse(now),
      () => Date.now()
    ),
  incidents: (params: Params) => get<Page<IncidentRow>>('api/incidents', params),
  incident: (id: string) => get<IncidentDetail>(`api/incidents/${encodeURIComponent(id)}`),
  plans: () => get<Page<PendingPlan>>('api/plans', { limit: 100 }),
  anomalies: (params: Params, range?: Range) =>
    get<Page<WireAnomaly>>('api/anomalies', { ...params, ...within(range) }),
  annotations: (layers: readonly string[], range: Range, filter: Filter) =>
    get<Annotations>('api/annotations', { layers: layers.join(','), ...within(range), ...filter }),
  scores: (filter: Filter & { readonly state?: string }) => get<Page<WireScore>>('api/scores', { ...filter }),
  series: (range: Range, filter: Filter, limit: number) =>
    get<SeriesAnswer>('api/series', { ...within(range), ...filter, limit }),
  queries: () => get<Page<WireQuery>>('api/queries'),
  detectors: () => get<Detectors>('api/detectors'),
  quality: () => get<DetectorQuality>('api/detectors/quality'),
  actions: () => get<Page<ActionRow>>('api/actions'),
  permissions: () => get<Page<WirePermissionCheck>>('api/permissions'),
  mutes: () => get<Page<WireMute>>('api/mutes'),
  mode: () => get<ModeAnswer>('api/mode'),
  killSwitch: () => get<KillSwitch>('api/killswitch'),
  config: () => get<WireConfig>('api/config'),
  job: (id: string) => get<Job>(`api/jobs/${encodeURIComponent(id)}`),
  /** Sends what the browser already shows: no query of the reader runs with KubeWise's credentials. */
  scoreFrames: (request: ScoreFramesRequest) => post<ScoreFramesAnswer>('score', request),
});

const decisions = ({ post }: Transport) => ({
  approve: (request: ApprovalRequest) => post<IncidentDetail>('approvals', request),
  reject: (request: RejectionRequest) => post<IncidentDetail>('rejections', request),
  /** The steps of a plan that stay, some with other parameters: becomes a plan with its own dry run and digest. */
  revise: (incidentId: string, request: RevisionRequest) =>
    post<IncidentDetail>(`commands/${encodeURIComponent(incidentId)}/revision`, request),
  act: (request: IncidentAct) => post<IncidentDetail>('incidents/actions', request),
  feedback: (request: FeedbackPost) => post<WireAnomaly>('feedback', request),
  mute: (request: MuteRequest) => post<WireMute>('mutes', request),
  unmute: (muteId: string) => post<undefined>('mutes/end', { muteId }),
});

const settings = ({ post }: Transport) => ({
  setMode: (mode: ModeAnswer['mode']) => post<ModeAnswer>('mode', { mode }),
  /** Stopping is an Editor's right, starting again an Admin's: two routes, two secrets. */
  stop: () => post<KillSwitch>('killswitch/stop', { on: true }),
  release: () => post<KillSwitch>('killswitch/release', { on: false }),
  saveQuery: (request: QueryRequest) => post<WireQuery>('queries', request),
  deleteQuery: (name: string) => post<undefined>('queries/delete', { name }),
  backtest: (request: BacktestRequest) => post<Job>('backtests', request),
  export: (request: ExportRequest) => post<Job>('exports', request),
  cancelJob: (jobId: string) => post<Job>('jobs/cancel', { jobId }),
});
