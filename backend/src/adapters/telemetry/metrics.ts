import { catalogue } from '../../model/index.ts';

/** What a metric is: fixed here, so that a typing error in a name or a label is found at once and cardinality is known. */
export interface MetricSpec {
  readonly type: 'counter' | 'gauge' | 'histogram';
  readonly help: string;
  readonly labels: readonly string[];
  readonly buckets?: readonly number[];
  /**
   * Series that are there from the start, at 0. `increase()` and `rate()` do not see the first step of a series that
   * appears with it, and first steps count where there are few: incidents, decisions, verdicts.
   */
  readonly starts?: readonly Readonly<Record<string, string>>[];
}

const counter = (help: string, ...labels: string[]): MetricSpec => ({ type: 'counter', help, labels });
const gauge = (help: string, ...labels: string[]): MetricSpec => ({ type: 'gauge', help, labels });
const histogram = (help: string, buckets: readonly number[], ...labels: string[]): MetricSpec => ({
  type: 'histogram',
  help,
  labels,
  buckets,
});

const starting = (spec: MetricSpec, ...starts: readonly Readonly<Record<string, string>>[]): MetricSpec => ({
  ...spec,
  starts,
});
const each = (label: string, values: readonly string[]) => values.map((value) => ({ [label]: value }));

const calls = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];
const runs = [1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1200, 3600];
/** From a minute to half a day, with the half hour that many objectives name. */
const incidents = [60, 120, 300, 600, 900, 1200, 1800, 2700, 3600, 7200, 14_400, 43_200];
const target = ['cluster', 'namespace', 'workload_kind', 'workload'];
const series = [...target, 'metric_type'];

/** Phases in which an incident may end without anybody having let something be done. */
const undecided = ['SelfRecovered', 'Escalated', 'Expired', 'Rejected'];

/** Every metric of the product, on one page. Base units, `_total` for counters, one prefix. */
export const metrics: Readonly<Record<string, MetricSpec>> = {
  kubewise_build_info: gauge('1, with the version that runs', 'version'),

  // Collect
  kubewise_samples_total: counter('samples taken in', 'source'),
  kubewise_series_dropped_total: counter('series dropped by a cap', 'query'),
  kubewise_pushed_series: gauge('series kept of what remote_write pushes'),
  kubewise_pushed_bytes: gauge('memory of those series and their samples (bytes)'),
  kubewise_query_series: gauge('series that a watched query found', 'query', 'state'),
  kubewise_query_duration_seconds: histogram('time of one evaluation of a watched query', calls, 'query'),
  kubewise_query_errors_total: counter('watched queries that failed', 'query', 'reason'),
  kubewise_events_total: counter('Kubernetes events seen', 'type', 'reason'),
  kubewise_alerts_received_total: counter('alerts stored from webhooks', 'source', 'status'),
  kubewise_watch_staleness_seconds: gauge('time since the stalest watch last heard anything'),
  kubewise_watch_restarts_total: counter('watches that had to be started again', 'kind', 'reason'),
  kubewise_watch_relists_total: counter('lists of all objects of a kind', 'kind', 'reason'),
  kubewise_watch_missed_events_total: counter('changes that a comparison found and the watch did not', 'kind'),
  kubewise_watch_synced: gauge('1 while a kind is known in full, 0 while it is not', 'kind'),
  kubewise_watch_failing: gauge('watches that fail again and again'),
  kubewise_prometheus_backoff_total: counter('rests given to Prometheus', 'reason'),
  kubewise_last_success_timestamp_seconds: gauge('when this last succeeded (Unix time)', 'component'),
  kubewise_evaluation_duration_seconds: histogram('time of one evaluation, from query to score', calls),

  // Detect
  kubewise_anomalies_detected_total: counter('anomalies opened', 'source', 'entity_type', 'namespace'),
  kubewise_false_positives_total: counter('anomalies that people called false', 'entity_type', 'namespace'),
  kubewise_feedback_total: starting(
    counter('anomalies that people judged', 'verdict'),
    ...each('verdict', ['TruePositive', 'FalsePositive']),
  ),
  kubewise_anomaly_score: gauge('how unusual, 0 to 1', ...series),
  kubewise_workload_score: gauge('how unusual a workload is as a whole and of late, 0 to 1', ...target),
  kubewise_anomaly_threshold: gauge('score from which a series counts as anomalous', ...series),
  kubewise_anomaly_expected: gauge('expected value, in the unit of the metric', ...series),
  kubewise_anomaly_band_low: gauge('lower end of the expected band', ...series),
  kubewise_anomaly_band_high: gauge('upper end of the expected band', ...series),
  kubewise_anomaly_active: gauge('1 while an anomaly is open, 0 for 15 minutes after', ...series),
  kubewise_score_series_hidden: gauge('score series not exported because of the cap'),
  kubewise_detector_series: gauge('series by state', 'state'),
  kubewise_false_alarm_budget: gauge('incidents per week that healthy noise may open'),
  kubewise_false_alarms_expected: gauge('incidents per week that the threshold in force would have opened in the past'),
  kubewise_false_alarm_threshold: gauge('default threshold in force, as the budget has it'),
  kubewise_samples_scored_total: counter('samples that a detector past its learning judged'),
  kubewise_samples_surprising_total: counter('of those, the ones called rarer than one in 10, 100, 1000', 'tail'),

  // Incidents, plans, remediation
  kubewise_incident_open: gauge('1 while an incident is open, 0 for 15 minutes after', ...target, 'severity', 'phase'),
  kubewise_incidents_by_phase: gauge('open incidents by phase', 'phase'),
  kubewise_incidents_total: starting(
    counter('incidents opened', 'reason'),
    ...each('reason', ['AlertReceived', 'EventSequence', 'SignalsAgree']),
  ),
  kubewise_incidents_closed_total: starting(
    counter('incidents that ended, and who decided about them', 'phase', 'decided_by'),
    ...each('decided_by', ['policy', 'person']).map((by) => ({ phase: 'Resolved', ...by })),
    ...each('phase', undecided).map((phase) => ({ ...phase, decided_by: 'nobody' })),
  ),
  kubewise_time_to_detect_seconds: histogram('from the first symptom to the incident', incidents),
  kubewise_time_to_recover_seconds: starting(
    histogram('from the first symptom to the end of the incident', incidents, 'phase'),
    ...each('phase', ['Resolved', ...undecided, 'RolledBack', 'Failed']),
  ),
  kubewise_incident_transitions_total: counter('steps in the life of incidents', 'from', 'to', 'reason'),
  kubewise_plans_total: counter('plans proposed and refused', 'author', 'reason'),
  kubewise_plans_waiting: gauge('plans that wait for a decision'),
  kubewise_approvals_total: starting(
    counter('decisions about plans', 'decision', 'via'),
    ...each('via', ['policy', 'token', 'grafana']).map((via) => ({ decision: 'Approved', ...via })),
    ...each('via', ['token', 'grafana']).map((via) => ({ decision: 'Rejected', ...via })),
  ),
  kubewise_model_tokens_total: counter('tokens sent to and received from the model', 'model', 'direction'),
  kubewise_model_token_price: gauge('price of one token, in the currency of the setting', 'direction'),
  kubewise_remediations_total: counter('actions by result', 'action_type', 'entity_type', 'namespace', 'status'),
  kubewise_remediation_duration_seconds: starting(
    histogram('time to execute an action', runs, 'action_type'),
    ...each('action_type', [...catalogue.keys()]),
  ),
  kubewise_verdicts_total: starting(
    counter('how remediations ended', 'verdict'),
    ...each('verdict', ['Fixed', 'Improved', 'NoEffect', 'MadeWorse', 'NotEnoughData']),
  ),
  kubewise_mode: gauge('1 for the mode that is on', 'mode'),
  kubewise_kill_switch: gauge('1 while the kill switch is on'),
  kubewise_notifications_total: counter('notifications delivered', 'kind'),
  kubewise_notification_failures_total: counter('notifications that a receiver did not take', 'system'),

  // KubeWise itself and its neighbours
  kubewise_api_request_duration_seconds: histogram('time of API requests', calls, 'endpoint', 'method', 'status_code'),
  kubewise_api_requests_in_flight: gauge('API requests being answered'),
  kubewise_api_refusals_total: counter('requests refused before they were looked at', 'reason'),
  kubewise_external_request_duration_seconds: histogram(
    'time of calls to other systems',
    calls,
    'service',
    'operation',
  ),
  kubewise_external_request_errors_total: counter(
    'calls to other systems that failed',
    'service',
    'operation',
    'reason',
  ),
  kubewise_external_success_ratio: gauge('share of recent calls to a system that succeeded', 'service'),
  kubewise_external_service_up: gauge('0 down, 1 up, 2 degraded', 'service'),
  kubewise_circuit_breaker_status: gauge('0 closed, 1 half open, 2 open', 'service'),
  kubewise_circuit_breaker_transitions_total: counter('changes of state of a circuit', 'service', 'to'),
  kubewise_queue_depth: gauge('items waiting', 'queue'),
  kubewise_cycle_errors_total: counter('rounds of a loop that failed', 'loop'),
  kubewise_reconcile_duration_seconds: histogram('time of one reconcile step', calls, 'phase'),
  kubewise_store_documents: gauge('documents stored', 'collection'),
  kubewise_cache_requests_total: counter('look-ups in a cache: hit or miss', 'cache', 'result'),
  kubewise_stream_clients: gauge('clients on the incident stream'),
  kubewise_jobs_total: counter('jobs by kind and end', 'kind', 'state'),
};
