import type {
  Alert,
  Anomaly,
  Answer,
  AuditEntry,
  Document,
  EventRecord,
  Incident,
  Intervention,
  KubernetesRequest,
  Mode,
  Mute,
  Permission,
  Plan,
  Review,
  Revision,
  Proposal,
  Query,
  QuerySeries,
  Setting,
  Target,
  Topology,
  WatchedQuery,
} from '../model/index.ts';

/** Domain time: polling, cooldown, expiry, verification, leases. Unix seconds. */
export interface Clock {
  now(): number;
  /** Resolves after `seconds` of domain time, or at once when `signal` aborts. */
  sleep(seconds: number, signal?: AbortSignal): Promise<void>;
  /** Domain time stands still while a hold is open (a simulated clock); the wall clock gives a no-op. */
  hold(): () => void;
}

/** UUID v7: sortable by time, unique without coordination. */
export interface Ids {
  next(): string;
}

// ── Failures that adapters throw ────────────────────────────────────────────────────────────────────────────────

/** An outside system failed. `retryable`: the same call may succeed later. Anything else thrown is a bug. */
export class AdapterError extends Error {
  readonly system: string;
  readonly retryable: boolean;
  readonly status: number | undefined;
  constructor(system: string, message: string, options: { retryable: boolean; status?: number; cause?: unknown }) {
    super(message, { cause: options.cause });
    this.name = 'AdapterError';
    this.system = system;
    this.retryable = options.retryable;
    this.status = options.status;
  }
}

// ── Samples ─────────────────────────────────────────────────────────────────────────────────────────────────────

export type QueryAnswer =
  | { readonly ok: true; readonly series: readonly QuerySeries[]; readonly dropped: number; readonly seconds: number }
  /** The query itself is wrong (400/422): named, and the others go on. */
  | { readonly ok: false; readonly reason: 'BadQuery' | 'TooExpensive'; readonly message: string };

/** A Prometheus-compatible store of samples. Throws AdapterError when it cannot be reached. */
export interface MetricsSource {
  query(promql: string, at?: number): Promise<QueryAnswer>;
  /** Chunks itself under 11,000 points per series. `step` in seconds. */
  queryRange(promql: string, start: number, end: number, step: number): Promise<QueryAnswer>;
  ping(): Promise<void>;
}

// ── Kubernetes ──────────────────────────────────────────────────────────────────────────────────────────────────

/** What the API server answered to a write. Expected refusals are values; unreachable or 5xx throws AdapterError. */
export interface WriteAnswer {
  readonly status: number;
  /** Kubernetes' own word: Conflict, Invalid, NotFound, Forbidden, DisruptionBudget, FieldManagerConflict, … */
  readonly reason: string;
  readonly message: string;
  readonly object: Answer['objects'][number] | undefined;
}

export interface Kubernetes {
  /** uid of namespace kube-system: the default cluster name. */
  clusterUid(): Promise<string>;
  /** Answers Object and List queries; `found: false` for 404, `error` for 403. Metric queries are not for this port. */
  ask(query: Query): Promise<Omit<Answer, 'at'>>;
  /** One write. `dryRun` sends dryRun=All. Never retried in here. */
  send(request: KubernetesRequest, options: { readonly dryRun: boolean }): Promise<WriteAnswer>;
  allowed(permission: Permission): Promise<boolean>;
  ping(): Promise<{ readonly version: string; readonly nodes: number }>;
}

/** The reflector: keeps `topology` current and hands over events in batches. */
export interface Watcher {
  readonly topology: Topology;
  /** Starts all watches; resolves after the first sync. Batches are handed over outside the stream's callback. */
  start(onEvents: (events: readonly EventRecord[]) => void): Promise<void>;
  stop(): Promise<void>;
  readonly synced: boolean;
  /** Seconds since the stalest watch last heard anything (an object, a bookmark). */
  staleness(): number;
}

// ── Alertmanager, models, notifications ─────────────────────────────────────────────────────────────────────────

export interface Silences {
  /** Does an active silence or inhibition cover an alert with these labels? The silence's comment, or undefined. */
  covering(labels: Readonly<Record<string, string>>): Promise<string | undefined>;
  /** How the last calls went; without it nothing is known. */
  health?(): ComponentHealth;
}

export interface Prompt {
  readonly system: string;
  readonly user: string;
}
export type ModelAnswer<T = Proposal> =
  | { readonly ok: true; readonly value: T; readonly inputTokens: number; readonly outputTokens: number }
  | {
      readonly ok: false;
      readonly reason: 'Refused' | 'Garbage' | 'Timeout' | 'RateLimited' | 'Unavailable' | 'NotConfigured';
      readonly message: string;
    };

/** A large language model that answers in the shape asked for, or with the reason why not. Never throws. */
export interface Model {
  readonly name: string;
  /** A plan for an incident. */
  complete(prompt: Prompt): Promise<ModelAnswer>;
  /** What it makes of an outcome. */
  review(prompt: Prompt): Promise<ModelAnswer<Review>>;
  /** How the last calls went; without it nothing is known. */
  health?(): ComponentHealth;
}

export interface Notification {
  /** The receiver sees each key once, even when the sender crashes in between (it may see a repeat with this key). */
  readonly key: string;
  readonly kind:
    'IncidentOpen' | 'PlanWaiting' | 'RemediationFailed' | 'Escalated' | 'Acknowledged' | 'Resolved' | 'Message';
  readonly title: string;
  readonly text: string;
  readonly severity: string;
  readonly link: string;
  readonly command: string;
  readonly incidentId: string;
  readonly cluster: string;
}
export interface Notifier {
  /** How many receivers are configured. */
  readonly receivers: number;
  /** Throws AdapterError when a receiver did not take it; called again with the same key later. */
  send(notification: Notification): Promise<void>;
}

// ── Store ───────────────────────────────────────────────────────────────────────────────────────────────────────

export type Scalar = string | number | boolean;
export type Condition =
  | Scalar
  | {
      readonly gte?: Scalar;
      readonly lte?: Scalar;
      readonly lt?: Scalar;
      readonly gt?: Scalar;
      readonly in?: readonly Scalar[];
      readonly exists?: boolean;
    };
export interface Find {
  /** Only fields that the collection's spec lists. */
  readonly where?: Readonly<Record<string, Condition>>;
  /** Default: by id. Ties are broken by id, so that pages never overlap. */
  readonly orderBy?: { readonly field: string; readonly direction: 'asc' | 'desc' };
  /** Continue after this document in the order. */
  readonly after?: { readonly value: Scalar; readonly id: string };
  readonly skip?: number;
  readonly limit: number;
}

/** A set of documents. Every method throws AdapterError('store', …) when the store is out of reach. */
export interface Collection<T extends Document> {
  get(id: string): Promise<T | undefined>;
  /** 'Duplicate' when the id or a unique combination stands already. Durable once it resolves. */
  insert(document: T): Promise<'Inserted' | 'Duplicate'>;
  /** Compare-and-set: writes `document` with version expected+1 only if the stored version is `expected`. */
  replace(document: T, expected: number): Promise<boolean>;
  /** Bulk, idempotent, last one wins: for documents that one writer owns. */
  upsert(documents: readonly T[]): Promise<void>;
  find(find: Find): Promise<T[]>;
  count(where?: Find['where']): Promise<number>;
  /** Retention. Returns how many went. */
  deleteWhere(where: NonNullable<Find['where']>): Promise<number>;
}

export interface Store {
  readonly kind: 'sqlite' | 'mongodb';
  readonly incidents: Collection<Incident>;
  readonly anomalies: Collection<Anomaly>;
  readonly events: Collection<EventRecord>;
  readonly alerts: Collection<Alert>;
  readonly audit: Collection<AuditEntry>;
  readonly mutes: Collection<Mute>;
  readonly settings: Collection<Setting>;
  ping(): Promise<void>;
  close(): Promise<void>;
}

// ── Watching ourselves ──────────────────────────────────────────────────────────────────────────────────────────

export type Labels = Readonly<Record<string, string>>;
/** Counting and timing. Names and label keys are fixed in the adapter; an unknown name throws. */
export interface Recorder {
  count(name: string, labels?: Labels, by?: number): void;
  observe(name: string, seconds: number, labels?: Labels): void;
  gauge(name: string, value: number, labels?: Labels): void;
  /** Drops every labelled series of a gauge that a collector is about to set anew. */
  resetGauge(name: string): void;
}

export interface Log {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  /** A person should look. */
  error(fields: object, message: string): void;
}

/** Every side effect of the product, on one page. */
export interface Ports {
  readonly cluster: string;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly metrics: MetricsSource;
  readonly kubernetes: Kubernetes;
  readonly watcher: Watcher;
  readonly store: Store;
  readonly silences: Silences | undefined;
  /** Plans where no rule speaks; reviews outcomes. One model may do both, either, or none. */
  readonly model: Model | undefined;
  readonly reviewer: Model | undefined;
  readonly notifier: Notifier;
  readonly recorder: Recorder;
  readonly log: Log;
}

// ── What people and machines may ask of a running KubeWise (http calls these; app.ts wires them) ────────────────

export interface Identity {
  readonly subject: string;
  readonly issuer: string;
  readonly role: 'viewer' | 'operator' | 'approver' | 'admin' | 'ingest';
  /** What people call this subject (a verified user name); `subject` alone decides. */
  readonly name?: string;
}
export type Done<T = undefined> =
  | { readonly ok: true; readonly value: T }
  | {
      readonly ok: false;
      readonly status: 400 | 403 | 404 | 409 | 412 | 413 | 422 | 503;
      readonly reason: string;
      readonly message: string;
    };

export interface ComponentHealth {
  readonly status: 'ok' | 'degraded' | 'down' | 'disabled';
  readonly message: string;
  readonly lastSuccess?: number;
}
export interface QueryStatus extends WatchedQuery {
  readonly state: 'found' | 'empty' | 'absent' | 'error' | 'pending';
  readonly series: number;
  readonly dropped: number;
  readonly seconds: number;
  readonly message: string;
}
export interface ScoreRow {
  readonly target: Target;
  readonly targetKey: string;
  readonly query: string;
  readonly metricType: string;
  readonly value: number;
  readonly expected: number;
  readonly band: readonly [number, number];
  readonly score: number;
  readonly threshold: number;
  readonly state: 'learning' | 'normal' | 'anomalous';
  readonly timestamp: number;
  /** Recent raw values, oldest first: [Unix s, value]. */
  readonly window: readonly (readonly [number, number])[];
}

/** One series over a range as parallel columns; NaN where nothing is known. Times are Unix seconds. */
export interface SeriesColumns {
  readonly target: Target;
  readonly query: string;
  readonly metricType: string;
  readonly unit: string;
  readonly threshold: number;
  readonly times: readonly number[];
  readonly values: readonly number[];
  readonly expected: readonly number[];
  readonly low: readonly number[];
  readonly high: readonly number[];
  readonly scores: readonly number[];
}
export interface SeriesRequest {
  readonly from: number;
  readonly to: number;
  readonly namespace?: string;
  readonly kind?: string;
  readonly name?: string;
  readonly metricType?: string;
  /** Series at most; the highest scores win. */
  readonly limit: number;
  /** Points per series at most. */
  readonly points: number;
}
/** A series that the caller brings, and what fresh detectors say about it. Times are Unix seconds, NaN = no value. */
export interface BroughtSeries {
  readonly name: string;
  readonly times: readonly number[];
  readonly values: readonly number[];
}
export interface Excursion {
  readonly target: string;
  readonly from: number;
  readonly to: number;
  readonly peak: number;
  readonly sentence: string;
}
export interface ScoredSeries extends BroughtSeries {
  readonly scores: readonly number[];
  readonly anomalyScores: readonly number[];
  readonly expected: readonly number[];
  readonly low: readonly number[];
  readonly high: readonly number[];
  readonly threshold: number;
  readonly excursions: readonly Excursion[];
}
export interface BacktestAsk {
  readonly promql: string;
  readonly from: number;
  readonly to: number;
  readonly step: number;
  readonly metricType: string;
  readonly direction: 'up' | 'down' | 'both';
}
export interface BacktestFound {
  readonly series: number;
  readonly samples: number;
  readonly incidents: readonly Excursion[];
  readonly lines: readonly ScoredSeries[];
}
/** A range of history (Unix s) and the distance of its rounds (s); `labels`: when something was known to be wrong. */
export interface ReplayAsk {
  readonly from: number;
  readonly to: number;
  readonly step: number;
  readonly labels?: readonly { readonly from: number; readonly to: number }[];
}
/** An incident that would have been opened. Times are Unix seconds. */
export interface ReplayedIncident {
  readonly targetKey: string;
  readonly target: string;
  readonly title: string;
  readonly at: number;
  readonly until: number;
  readonly signals: readonly string[];
  readonly phase: string;
  /** Class of the likeliest cause; empty before a diagnosis. */
  readonly cause: string;
  readonly plan?: { readonly author: string; readonly actions: readonly string[]; readonly autonomy: string };
}
/** What both loops would have done in a range, had nobody approved anything. Leads: seconds ahead, median. */
export interface Replayed {
  readonly days: number;
  readonly series: number;
  readonly samples: number;
  readonly incidents: readonly ReplayedIncident[];
  readonly incidentsPerDay: number;
  readonly plansPerDay: number;
  readonly approvalsPerDay: number;
  readonly alerts: number;
  readonly matched: number;
  readonly medianLead: number | undefined;
  readonly labels?: { readonly count: number; readonly matched: number; readonly medianLead: number | undefined };
}
/** The false-alarm budget: what was asked for and what the past says. Incidents per week; the threshold is a score. */
export interface BudgetStanding {
  readonly perWeek: number;
  /** What the threshold in force would have opened per week of the counted past. */
  readonly expectedPerWeek: number;
  readonly threshold: number;
  /** Learning: too little past for the budget to speak. Set: people chose the threshold themselves. */
  readonly state: 'Learning' | 'Kept' | 'Set';
}
/** Is what is called one in a hundred seen once in a hundred samples? Counted since this process started. */
export interface Calibration {
  /** Samples that a detector past its learning judged. */
  readonly samples: number;
  /** Of those, the ones called rarer than this probability. */
  readonly tails: readonly { readonly probability: number; readonly samples: number }[];
}
/** How long work reports itself (0…1) and learns that nobody waits any more. */
export interface LongWork {
  progress(share: number, message: string): void;
  readonly signal: AbortSignal;
}

/** Every human request is one saved step. Each method answers a value or a refusal with a reason. */
export interface Operations {
  approve(incidentId: string, digest: string, by: Identity): Promise<Done<Incident>>;
  /** `planId`: the plan that was looked at. */
  reject(incidentId: string, planId: string, reason: string, by: Identity): Promise<Done<Incident>>;
  acknowledge(incidentId: string, by: Identity): Promise<Done<Incident>>;
  assign(incidentId: string, assignee: string, by: Identity): Promise<Done<Incident>>;
  snooze(incidentId: string, until: number, by: Identity): Promise<Done<Incident>>;
  /** Ask for a diagnosis and a plan again, now. */
  analyze(incidentId: string, by: Identity): Promise<Done<Incident>>;
  /** A text command becomes a one-step plan of a person: same policy, dry run and digest. */
  command(incidentId: string, command: string, by: Identity): Promise<Done<Incident>>;
  /** Part of the proposed plan, or its steps with other parameters: a new plan with a digest of its own, proven again. */
  revise(incidentId: string, revision: Revision, by: Identity): Promise<Done<Incident>>;
  feedback(
    anomalyId: string,
    verdict: 'TruePositive' | 'FalsePositive',
    comment: string,
    by: Identity,
  ): Promise<Done<Anomaly>>;
  mute(
    mute: Pick<Mute, 'namespace' | 'kind' | 'name' | 'metricType' | 'until' | 'why'>,
    by: Identity,
  ): Promise<Done<Mute>>;
  unmute(id: string, by: Identity): Promise<Done>;
  mode(): Mode;
  setMode(mode: Mode, by: Identity): Promise<Done<Mode>>;
  setKillSwitch(on: boolean, by: Identity): Promise<Done<boolean>>;
  killSwitch(): boolean;
  /** Already parsed and normalised alerts; resolved only when stored. */
  receiveAlerts(
    alerts: readonly Pick<Alert, 'fingerprint' | 'status' | 'labels' | 'annotations' | 'startsAt' | 'endsAt'>[],
  ): Promise<Done<{ stored: number }>>;
  plans(): Promise<readonly Incident[]>;
  /** Current configuration, secrets masked; and what may change at run time. */
  config(): Readonly<Record<string, unknown>>;
  setConfig(change: Readonly<Record<string, unknown>>, by: Identity): Promise<Done<Readonly<Record<string, unknown>>>>;
  queries(): readonly QueryStatus[];
  scores(filter?: { readonly namespace?: string; readonly metricType?: string }): readonly ScoreRow[];
  modelInfo(): Readonly<Record<string, unknown>>;
  readonly falseAlarmBudget?: () => BudgetStanding;
  readonly calibration?: () => Calibration;
  components(): Promise<Readonly<Record<string, ComponentHealth>>>;
  auditVerify(): Promise<{ readonly ok: boolean; readonly entries: number; readonly message: string }>;
  permissions(): Promise<readonly (Permission & { readonly action: string; readonly allowed: boolean })[]>;
  /** Called with every stored change of an incident; returns how to stop. */
  onIncident(listener: (incident: Incident) => void): () => void;
  /** Names of the settings that `setConfig` accepts. */
  readonly changeable?: () => readonly string[];
  /** Rollouts, scalings, cordons that the watch saw since `since` (Unix s), newest last. */
  readonly interventions?: (since: number) => readonly Intervention[];
  /** Values, expected band and scores of the matching series over a range. */
  readonly series?: (request: SeriesRequest) => Promise<Done<{ series: readonly SeriesColumns[]; omitted: number }>>;
  /** Fresh detectors over series that the caller brings: nothing is stored or learnt. */
  readonly scoreSeries?: (
    series: readonly BroughtSeries[],
    direction: 'up' | 'down' | 'both',
  ) => Promise<Done<readonly ScoredSeries[]>>;
  /** What would have alerted on this query. Runs PromQL of an admin with our credentials. */
  readonly backtest?: (request: BacktestAsk, work: LongWork) => Promise<Done<BacktestFound>>;
  /** What both loops would have done in a range. */
  readonly replay?: (ask: ReplayAsk, work: LongWork) => Promise<Done<Replayed>>;
  /** Trains the models that are trained on history of this many days. */
  readonly train?: (days: number, work: LongWork) => Promise<Done<Readonly<Record<string, unknown>>>>;
  /** Adds a watched query, or replaces the one of its name; survives a restart. */
  readonly saveQuery?: (query: WatchedQuery, by: Identity) => Promise<Done<QueryStatus>>;
  /** Copies the embedded database to a file beside it while it is in use; absent where the store has tools of its own. */
  readonly backup?: (by: Identity) => Promise<Done<{ path: string; bytes: number }>>;
  /** One remote_write request as it came (snappy-compressed protobuf); answered once its samples are taken in. */
  readonly receiveWrite?: (body: Uint8Array) => Promise<Done<{ samples: number }>>;
  readonly removeQuery?: (name: string, by: Identity) => Promise<Done>;
  startedAt: number;
  version: string;
  cluster: string;
}

export type { Plan };
