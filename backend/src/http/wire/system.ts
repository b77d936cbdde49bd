import { z } from 'zod';
import { Mode, Risk } from '../../model/index.ts';
import { AnyJson, AnyObject, Time } from './basic.ts';
import { WirePermission } from './incident.ts';

export const WireQuery = z
  .object({
    name: z.string(),
    query: z.string(),
    metricType: z.string(),
    unit: z.string(),
    aggregate: z.string(),
    direction: z.enum(['up', 'down', 'both']),
    state: z.enum(['found', 'empty', 'absent', 'error', 'pending']),
    series: z.int(),
    dropped: z.int(),
    seconds: z.number(),
    message: z.string(),
  })
  .meta({ id: 'WatchedQuery' });
export type WireQuery = Readonly<z.infer<typeof WireQuery>>;

/** What is watched of one metric type: its series by state, its threshold, and how people judged its anomalies. */
export const WireDetector = z
  .object({
    metricType: z.string(),
    queries: z.array(z.string()),
    series: z.int(),
    learning: z.int(),
    anomalous: z.int(),
    threshold: z.number(),
    highest: z.number(),
    anomalies: z.int(),
    truePositives: z.int(),
    falsePositives: z.int(),
  })
  .meta({ id: 'Detector' });
export type WireDetector = Readonly<z.infer<typeof WireDetector>>;

export const Detectors = z
  .object({
    items: z.array(WireDetector),
    budgetPerWeek: z.number(),
    incidentsLastWeek: z.int(),
    /** The false-alarm budget: incidents that detection alone opened, and would open per week at the threshold in force. */
    budget: z
      .object({
        spentLastWeek: z.int(),
        expectedPerWeek: z.number(),
        threshold: z.number(),
        state: z.enum(['Learning', 'Kept', 'Set']),
      })
      .optional(),
    model: AnyObject,
  })
  .meta({ id: 'Detectors' });
export type Detectors = Readonly<z.infer<typeof Detectors>>;

const judgements = { truePositives: z.int(), falsePositives: z.int() };

/** How good detection was, week by week as far back as data is kept, and how far its scores can be believed. */
export const DetectorQuality = z
  .object({
    /** Oldest first; each ends where the next begins, the last one now. */
    weeks: z.array(
      z.object({
        ...{ from: Time, to: Time, anomalies: z.int(), ...judgements },
        ...{
          incidents: z.int(),
          /** Of those, the ones that detection alone opened: what the budget is about. */ byDetection: z.int(),
        },
      }),
    ),
    budgetPerWeek: z.number(),
    /** What people said of anomalies whose highest score lay between. */
    scores: z.array(z.object({ from: z.number(), to: z.number(), ...judgements })),
    /** Of the samples judged since the start of KubeWise, those called rarer than each probability. */
    calibration: z
      .object({
        since: Time,
        samples: z.int(),
        tails: z.array(z.object({ probability: z.number(), samples: z.int() })),
      })
      .optional(),
  })
  .meta({ id: 'DetectorQuality' });
export type DetectorQuality = Readonly<z.infer<typeof DetectorQuality>>;

export const ActionRow = z
  .object({
    name: z.string(),
    summary: z.string(),
    risk: Risk,
    reversible: z.boolean(),
    kinds: z.array(z.string()),
    params: z.array(z.string()),
    /** The text form with place-holders: `scale_deployment name=… ns=… replicas=…`. */
    usage: z.string(),
    permissions: z.array(WirePermission),
    /** How runs of this action ended so far, by verdict. */
    outcomes: z.record(z.string(), z.int()),
  })
  .meta({ id: 'ActionRow' });
export type ActionRow = Readonly<z.infer<typeof ActionRow>>;

export const ModeAnswer = z.object({ mode: Mode }).meta({ id: 'ModeAnswer' });
export const KillSwitch = z.object({ on: z.boolean() }).meta({ id: 'KillSwitch' });
export type ModeAnswer = Readonly<z.infer<typeof ModeAnswer>>;
export type KillSwitch = Readonly<z.infer<typeof KillSwitch>>;

export const WireMute = z
  .object({
    id: z.string(),
    namespace: z.string().optional(),
    kind: z.string().optional(),
    name: z.string().optional(),
    metricType: z.string().optional(),
    until: Time,
    why: z.string(),
    subject: z.string(),
    createdAt: Time,
  })
  .meta({ id: 'Mute' });
export type WireMute = Readonly<z.infer<typeof WireMute>>;

export const WireEvent = z
  .object({
    id: z.string(),
    type: z.enum(['Normal', 'Warning']),
    reason: z.string(),
    message: z.string(),
    object: z.string(),
    count: z.int(),
    firstSeen: Time,
    lastSeen: Time,
  })
  .meta({ id: 'ClusterEvent' });
export type WireEvent = Readonly<z.infer<typeof WireEvent>>;

export const WireAlert = z
  .object({
    id: z.string(),
    fingerprint: z.string(),
    status: z.enum(['firing', 'resolved']),
    labels: z.record(z.string(), z.string()),
    annotations: z.record(z.string(), z.string()),
    startsAt: Time,
    endsAt: Time.optional(),
    receivedAt: Time,
    own: z.boolean(),
    incidentId: z.string().optional(),
  })
  .meta({ id: 'Alert' });
export type WireAlert = Readonly<z.infer<typeof WireAlert>>;

export const Health = z.object({ status: z.string(), uptimeSeconds: z.number() }).meta({ id: 'Health' });
export const Live = z.object({ status: z.string() }).meta({ id: 'Live' });
export const WireComponent = z
  .object({
    status: z.enum(['ok', 'degraded', 'down', 'disabled']),
    message: z.string(),
    lastSuccess: Time.optional(),
  })
  .meta({ id: 'Component' });
export const HealthExtended = z
  .object({
    status: z.enum(['ok', 'degraded', 'down']),
    version: z.string(),
    cluster: z.string(),
    uptimeSeconds: z.number(),
    /** The server's own time: what "now" is for ranges, where the clock is a simulated one. */
    now: Time,
    mode: Mode,
    killSwitch: z.boolean(),
    components: z.record(z.string(), WireComponent),
  })
  .meta({ id: 'HealthExtended' });
export type HealthExtended = Readonly<z.infer<typeof HealthExtended>>;

export const WireConfig = z
  .object({ config: AnyObject, changeable: z.array(z.string()) })
  .meta({ id: 'Config', description: 'secrets are masked; `changeable` lists what PUT accepts while running' });
export type WireConfig = Readonly<z.infer<typeof WireConfig>>;

export const AuditVerdict = z
  .object({ ok: z.boolean(), entries: z.int(), message: z.string() })
  .meta({ id: 'AuditVerdict' });
export type AuditVerdict = Readonly<z.infer<typeof AuditVerdict>>;

/** Who the backend says is asking, and what that role may do. */
export const Me = z
  .object({ subject: z.string(), issuer: z.string(), role: z.string(), rights: z.array(z.string()) })
  .meta({ id: 'Me' });
export type Me = Readonly<z.infer<typeof Me>>;

export const WirePermissionCheck = WirePermission.extend({ action: z.string() }).meta({ id: 'PermissionCheck' });
export type WirePermissionCheck = Readonly<z.infer<typeof WirePermissionCheck>>;

export const JobKind = z.enum(['Backtest', 'Train', 'Export']).meta({ id: 'JobKind' });
/** Long work: answered with 202 at once, polled, cancelled. `result` when `Succeeded`. */
export const Job = z
  .object({
    id: z.string(),
    kind: JobKind,
    state: z.enum(['Running', 'Succeeded', 'Failed', 'Cancelled']),
    progress: z.number().min(0).max(1),
    message: z.string(),
    subject: z.string(),
    createdAt: Time,
    finishedAt: Time.optional(),
    result: AnyJson.optional(),
  })
  .meta({ id: 'Job' });
export type Job = Readonly<z.infer<typeof Job>>;

const Lead = z.number().optional();
/** What both loops would have done, had nobody approved anything. Leads: seconds ahead of the alerts, median. */
export const Replay = z
  .object({
    days: z.number(),
    incidentsPerDay: z.number(),
    plansPerDay: z.number(),
    approvalsPerDay: z.number(),
    /** Firings of people's own alert rules, and how many of them an incident met. */
    alerts: z.int(),
    matched: z.int(),
    medianLead: Lead,
    labels: z.object({ count: z.int(), matched: z.int(), medianLead: Lead }).optional(),
    incidents: z.array(
      z.object({
        target: z.string(),
        title: z.string(),
        from: Time,
        to: Time,
        signals: z.array(z.string()),
        phase: z.string(),
        cause: z.string(),
        plan: z.object({ author: z.string(), actions: z.array(z.string()), autonomy: z.string() }).optional(),
      }),
    ),
  })
  .meta({ id: 'Replay' });
export type Replay = Readonly<z.infer<typeof Replay>>;

/**
 * The result of a backtest job: what would have alerted. Times as Unix milliseconds in the columns; the 50 series with the
 * highest scores, at most 2,000 points each, of several points the highest score.
 */
export const BacktestResult = z
  .object({
    /** Empty when everything that is watched was replayed. */
    promql: z.string(),
    series: z.int(),
    samples: z.int(),
    incidents: z.array(z.object({ target: z.string(), from: Time, to: Time, peak: z.number(), sentence: z.string() })),
    lines: z.array(
      z.object({
        name: z.string(),
        time: z.array(z.number()),
        value: z.array(z.number().nullable()),
        expected: z.array(z.number().nullable()),
        low: z.array(z.number().nullable()),
        high: z.array(z.number().nullable()),
        score: z.array(z.number().nullable()),
      }),
    ),
    /** Without promql: what both loops would have done. */
    replay: Replay.optional(),
  })
  .meta({ id: 'BacktestResult' });
export type BacktestResult = Readonly<z.infer<typeof BacktestResult>>;

export const Backup = z.object({ path: z.string(), bytes: z.number() }).meta({ id: 'Backup' });

/** `status`: Recommended with a plan, or why there is none. */
export const Investigation = z
  .object({
    status: z.enum(['Recommended', 'Investigating', 'NothingFound']),
    message: z.string(),
    incidentId: z.string().optional(),
    rootCause: z.string(),
    severity: z.string(),
    recommendations: z.array(
      z.object({ command: z.string(), sentence: z.string(), risk: z.string(), reasoning: z.string() }),
    ),
  })
  .meta({ id: 'Investigation' });
export type Investigation = Readonly<z.infer<typeof Investigation>>;
