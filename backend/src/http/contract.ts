/**
 * The shapes on the wire, for clients of the API: types alone, so that importing them costs a bundle nothing. The schemas
 * that the server validates with stand in `wire/`, and the types are theirs. Times are RFC 3339 in UTC; the columns of
 * series and frames are Unix milliseconds. Lists are pages: `{ items, next }`, `next` is the `cursor` of the page after.
 *
 * Path of each shape (all under `/api/v1`, bearer token in `Authorization`):
 *
 *   GET  /me → Me                                      GET  /health/extended → HealthExtended
 *   GET  /incidents → Page<IncidentRow>                ?phase=A,B&open=true|false&severity=&namespace=&kind=&name=&q=&from=&to=&sort=&order=&limit=&cursor=
 *   GET  /incidents/{id} → IncidentDetail              GET  /incidents/stream → SSE, event `incident`, data IncidentRow
 *   GET  /plans → Page<PendingPlan>                    GET  /plans/{id} → PendingPlan
 *   GET  /anomalies → Page<WireAnomaly>                ?open=&namespace=&kind=&name=&metricType=&severity=&incidentId=&from=&to=&limit=&cursor=
 *   GET  /anomalies/{id} → WireAnomaly                 GET  /annotations → Annotations   ?layers=a,b&from=&to=&namespace=&kind=&name=&severity=
 *   GET  /scores → Page<WireScore>                     ?namespace=&kind=&name=&metricType=&state=
 *   GET  /series → SeriesAnswer                        ?from=&to=&namespace=&kind=&name=&metricType=&limit=
 *   GET  /queries → Page<WireQuery>                    GET  /detectors → Detectors
 *   GET  /detectors/quality → DetectorQuality
 *   GET  /actions → Page<ActionRow>                    GET  /permissions → Page<WirePermissionCheck>
 *   GET  /events → Page<WireEvent>                     GET  /alerts → Page<WireAlert>
 *   GET  /mutes → Page<WireMute>                       GET  /audit → Page<WireAuditEntry>   GET /audit/verify → AuditVerdict
 *   GET  /mode → ModeAnswer                            GET  /killswitch → KillSwitch        GET /config → WireConfig
 *   GET  /jobs → Page<Job>                             GET  /jobs/{id} → Job
 *
 *   POST /approvals ApprovalRequest → IncidentDetail   POST /rejections RejectionRequest → IncidentDetail
 *   POST /incidents/actions IncidentAct → IncidentDetail   (also POST /incidents/{id}/acknowledge|assign|snooze|analyze|command|revision)
 *   POST /feedback FeedbackPost → WireAnomaly          POST /mutes MuteRequest → WireMute   POST /mutes/end {muteId} → 204
 *   POST /mode {mode} → ModeAnswer                     POST /killswitch {on} → KillSwitch   PUT /config → WireConfig
 *   POST /queries QueryRequest → WireQuery             POST /queries/delete {name} → 204
 *   POST /score ScoreFramesRequest → ScoreFramesAnswer
 *   POST /backtests BacktestRequest → 202 Job          POST /exports ExportRequest → 202 Job    POST /jobs/cancel {jobId} → Job
 *   POST /backups → {path, bytes}
 *   Any refusal → Problem (application/problem+json); `reason` `PlanChanged` (412) means: look at the plan again.
 */
export type { Page, Problem, WireTarget } from './wire/basic.ts';
export type {
  FieldChange,
  IncidentDetail,
  IncidentRow,
  PendingPlan,
  WireAction,
  WireAuditEntry,
  WireCause,
  WireChange,
  WireDryRun,
  WireEvidence,
  WireForecast,
  WireOutcome,
  WirePermission,
  WirePlan,
  WireStep,
  WireTimelineEntry,
} from './wire/incident.ts';
export type {
  AnnotationEvent,
  AnnotationLayer,
  Annotations,
  ScoreFramesAnswer,
  ScoreFramesRequest,
  SeriesAnswer,
  WireAnomaly,
  WireScore,
  WireSeries,
} from './wire/anomaly.ts';
export type {
  ActionRow,
  AuditVerdict,
  BacktestResult,
  Replay,
  DetectorQuality,
  Detectors,
  HealthExtended,
  Investigation,
  Job,
  KillSwitch,
  Me,
  ModeAnswer,
  WireAlert,
  WireConfig,
  WireDetector,
  WireEvent,
  WireMute,
  WirePermissionCheck,
  WireQuery,
} from './wire/system.ts';
export type {
  ApprovalRequest,
  BacktestRequest,
  ExportRequest,
  FeedbackPost,
  IncidentAct,
  MuteRequest,
  QueryRequest,
  RejectionRequest,
  RevisionRequest,
} from './wire/requests.ts';
export type { Phase, Severity, Verdict } from '../model/index.ts';
