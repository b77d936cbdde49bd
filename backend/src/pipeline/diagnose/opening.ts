import { knownSequences, type Alert, type Anomaly, type EventRecord, type Severity } from '../../model/index.ts';

/**
 * Events that say in Kubernetes' own words that something is broken. Some are of type Normal: the kubelet reports
 * node conditions that way (pkg/kubelet/kubelet_node_status.go).
 */
const meaningful = new Set([
  'BackOff',
  'Failed',
  'Unhealthy',
  'FailedScheduling',
  'FailedMount',
  'FailedAttachVolume',
  'FailedCreate',
  'FailedKillPod',
  'FailedCreatePodSandBox',
  'OOMKilling',
  'Evicted',
  'EvictionThresholdMet',
  'NodeNotReady',
  'NodeHasDiskPressure',
  'NodeHasInsufficientMemory',
  'NodeHasInsufficientPID',
  'SystemOOM',
  'ProgressDeadlineExceeded',
  'FailedGetResourceMetric',
  'FailedRescale',
  'BackoffLimitExceeded',
  'VolumeResizeFailed',
]);

/** These happen once or twice whenever a pod starts, and mean something only when they go on (count). */
const whenRepeated: Readonly<Record<string, number>> = {
  Unhealthy: 3,
  FailedScheduling: 3,
  FailedMount: 2,
  FailedGetResourceMetric: 5,
};

/** What fails every few seconds while it fails has ended when it has been silent this long (s). */
const silence = 120;
const repeating = new Set(['Unhealthy', 'FailedGetResourceMetric']);
const eventWindow = 600;

/** Does an event still say something about now? */
export const isCurrent = (event: EventRecord, now: number): boolean =>
  now - event.lastSeen <= (repeating.has(event.reason) ? silence : eventWindow);

/** Repeats after which an event sequence is known to be trouble even without a metric (count within the window). */
const sequences: Readonly<Record<string, number>> = {
  BackOff: 3,
  FailedScheduling: 5,
  FailedMount: 5,
  FailedCreate: 5,
  FailedCreatePodSandBox: 5,
  Unhealthy: 10,
};

export interface Noticed {
  readonly anomalies: readonly Anomaly[];
  readonly events: readonly EventRecord[];
  readonly alerts: readonly Alert[];
}

export const isMeaningful = (event: EventRecord): boolean =>
  meaningful.has(event.reason) && event.count >= (whenRepeated[event.reason] ?? 1);

/** The view that says: this value is beyond what its query calls trouble by definition. */
export const limitView = 'limit';
/** Anomalies that are a known sequence of events; the query is the sequence's name. */
export const sequenceType = 'event_sequence';
export const isBeyondLimit = (anomaly: Anomaly): boolean => anomaly.views.some((view) => view.name === limitView);

/** An autoscaler that wants all that it may have is at its limit. Alone that is usage: it may just suffice. */
const isMaxedOut = ({ metricType, value }: Anomaly): boolean => metricType === 'hpa' && value >= 1;

/** What speaks for an incident of one target, as words: `metric:cpu`, `limit:pvc`, `event:BackOff`, `sequence:OomLoop`, `alert:KubePodCrashLooping`. */
export function signalsOf({ anomalies, events, alerts }: Noticed): readonly string[] {
  const found = new Set<string>();
  for (const anomaly of anomalies) {
    if (anomaly.metricType === sequenceType) found.add(`sequence:${anomaly.query}`);
    else found.add(`metric:${anomaly.metricType}`);
    if (isBeyondLimit(anomaly) || isMaxedOut(anomaly)) found.add(`limit:${anomaly.metricType}`);
  }
  for (const event of events) if (isMeaningful(event)) found.add(`event:${event.reason}`);
  for (const alert of alerts) if (!alert.own) found.add(`alert:${alert.labels['alertname'] ?? alert.fingerprint}`);
  return [...found].sort();
}

/** Judgements about a target's series together, its events among them: what they say is no second signal beside any of these. */
export const derivedTypes: ReadonlySet<string> = new Set(['workload_distance', 'workload_trees', 'workload_forest']);
/** How many events there are, which ones, and in which order: all of it is one stream, and one source. */
const ofEvents = /^(event|sequence):|^metric:events$/;

/** Where a signal comes from; undefined when it is made from others. */
function sourceOf(signal: string): string | undefined {
  if (ofEvents.test(signal)) return 'events';
  return derivedTypes.has(signal.replace(/^metric:/, '')) ? undefined : signal;
}

/** The second-signal rule: do these signals of one target come from two independent sources? */
export const agree = (signals: readonly string[]): boolean =>
  new Set(signals.map(sourceOf).filter((source) => source !== undefined)).size >= 2;

const opening: ReadonlySet<string> = new Set(knownSequences.filter(({ opens }) => opens).map(({ name }) => name));
/** A known sequence that is trouble by definition, all of it. */
const isOpening = ({ metricType, query }: Anomaly): boolean => metricType === sequenceType && opening.has(query);

const isSequence = (event: EventRecord): boolean => event.count >= (sequences[event.reason] ?? Infinity);

/** How much is used says nothing about whether anybody is served worse; memory close to its limit does. */
const usage: ReadonlySet<string> = new Set(['cpu', 'hpa', 'disk_writes', ...derivedTypes]);
const scarce = 0.85;
/** A forecast is six hours over the time that is left: what is more than half an hour away hurts nobody yet. */
const soon = 12;
/** More traffic makes everybody a little slower; from this many times as slow on it is more than that. */
const slower = 2;
const isUsage = (anomaly: Anomaly): boolean =>
  !isBeyondLimit(anomaly) &&
  (usage.has(anomaly.metricType) ||
    (anomaly.metricType === 'memory' && anomaly.value < scarce) ||
    (anomaly.metricType === 'forecast' && anomaly.value < soon) ||
    (anomaly.metricType === 'latency' && anomaly.value < slower * anomaly.expected));

export type Opening =
  { readonly open: true; readonly reason: string } | { readonly open: false; readonly reason: string };

/**
 * One anomalous series alone never opens an incident: it needs a second signal of the same target, and a known limit that
 * is exceeded is one. An alert that people wrote opens by itself; so does an event sequence that is known to be trouble.
 */
export function shouldOpen(noticed: Noticed): Opening {
  if (noticed.alerts.some((alert) => !alert.own)) return { open: true, reason: 'AlertReceived' };
  if (noticed.events.some(isSequence) || noticed.anomalies.some(isOpening))
    return { open: true, reason: 'EventSequence' };
  if (noticed.events.length === 0 && noticed.anomalies.length > 0 && noticed.anomalies.every(isUsage))
    return { open: false, reason: 'UsageOnly' };
  const signals = signalsOf(noticed);
  if (agree(signals) && noticed.anomalies.length > 0) return { open: true, reason: 'SignalsAgree' };
  if (signals.length === 0) return { open: false, reason: 'NothingNoticed' };
  return { open: false, reason: 'SingleSignal' };
}

const ranks: readonly Severity[] = ['info', 'warning', 'critical'];
/** Critical when a part of the workload is down, else the worst anomaly's severity, at least a warning. */
export function severityOf(noticed: Noticed): Severity {
  const down = ['replicas', 'waiting', 'oom', 'node_pressure'];
  if (noticed.anomalies.some((anomaly) => down.includes(anomaly.metricType))) return 'critical';
  if (noticed.events.some((event) => ['BackOff', 'NodeNotReady', 'OOMKilling'].includes(event.reason)))
    return 'critical';
  const worst = Math.max(1, ...noticed.anomalies.map((anomaly) => ranks.indexOf(anomaly.severity)));
  return ranks[worst] ?? 'warning';
}
