/** Typed values as the contract shapes them, for tests of what the plugin makes of them. Nobody answers requests with them. */
import type {
  ActionRow,
  AnnotationEvent,
  DetectorQuality,
  Detectors,
  HealthExtended,
  IncidentDetail,
  IncidentRow,
  Me,
  WireAnomaly,
  WirePlan,
  WireQuery,
  WireSeries,
  WireTarget,
} from '@kubewise/backend/contract';

export const target: WireTarget = {
  cluster: 'demo',
  kind: 'Deployment',
  namespace: 'shop',
  name: 'web',
  label: 'Deployment shop/web',
};

export const plan: WirePlan = {
  id: '0b7e3c8a-0000-4000-8000-000000000001',
  incidentId: '0b7e3c8a-0000-4000-8000-000000000002',
  author: { kind: 'Rule', name: 'memory-limit' },
  reasoning: 'The containers are killed at their memory limit while the node has room.',
  rootCause: 'Memory limit too low',
  steps: [
    {
      id: 's1',
      sentence: 'Raise the memory limit of web from 256Mi to 512Mi',
      command: 'update_resources name=web ns=shop memory=512Mi',
      action: 'update_resources',
      params: {},
      dependsOn: [],
      preconditions: ['the node has room'],
      expectedOutcome: 'No more OOM kills',
      verification: '',
    },
  ],
  fallbacks: [],
  priority: 'high',
  expectedOutcome: 'No more OOM kills',
  verification: [],
  risk: 'low',
  reversible: true,
  permissions: [],
  dryRuns: [],
  autonomy: 'Approve',
  autonomyReason: 'production',
  attempt: 1,
  digest: 'a'.repeat(64),
  createdAt: '2026-11-25T09:00:00.000Z',
  expiresAt: '2026-11-25T10:00:00.000Z',
};

export const incident: IncidentRow = {
  id: '0b7e3c8a-0000-4000-8000-000000000002',
  cluster: 'demo',
  target,
  title: 'web is killed for memory',
  severity: 'critical',
  phase: 'Proposed',
  status: 'Open',
  reason: 'PlanProposed',
  message: 'A plan waits.',
  open: true,
  cause: 'MemoryLimit',
  signals: [],
  anomalies: 2,
  startedAt: '2026-11-25T08:50:00.000Z',
  openedAt: '2026-11-25T08:55:00.000Z',
  updatedAt: '2026-11-25T09:00:00.000Z',
};

/** As it is while its plan waits: diagnosed, nothing done yet. */
export const detail: IncidentDetail = {
  ...incident,
  version: 3,
  anomalyIds: ['an1'],
  eventIds: [],
  alertIds: [],
  causes: [
    {
      class: 'OutOfMemory',
      target,
      score: 0.9,
      message: 'container app was killed for exceeding its memory limit',
      evidence: ['web-1/app: OOMKilled'],
      facts: {},
    },
  ],
  changes: [],
  evidence: [],
  timeline: [
    { at: incident.openedAt, phase: 'Firing', reason: 'SignalsAgree', message: 'memory is high', subject: 'kubewise' },
    { at: incident.updatedAt, phase: 'Proposed', reason: 'PlanProposed', message: 'a plan waits', subject: 'kubewise' },
  ],
  approvals: [],
  currentPlan: plan,
  pastPlans: [],
  actions: [],
  audit: [
    {
      ...{ id: 'au1', writer: 'w', seq: 7, at: incident.openedAt, subject: 'kubewise', action: 'Diagnosed→Proposed' },
      ...{ object: `incident/${incident.id}`, reason: 'PlanProposed', message: 'a plan waits' },
      ...{ previousHash: '0'.repeat(64), hash: 'c'.repeat(64) },
    },
  ],
  similar: [],
  attempts: 0,
};

export const anomaly: WireAnomaly = {
  id: 'an1',
  cluster: 'demo',
  series: 'abc',
  query: 'memory',
  metricType: 'memory',
  unit: 'bytes',
  target,
  value: 260_000_000,
  expected: 120_000_000,
  band: [100_000_000, 140_000_000],
  score: 0.91,
  peak: 0.93,
  threshold: 0.87,
  severity: 'critical',
  confidence: 0.9,
  views: [],
  features: {},
  sentence: 'Memory of web is twice what is expected',
  startedAt: '2026-11-25T08:50:00.000Z',
  updatedAt: '2026-11-25T08:59:00.000Z',
  open: true,
  incidentId: incident.id,
  reason: 'OverThreshold',
};

export const event: AnnotationEvent = {
  id: 'ev1',
  layer: 'anomalies',
  time: '2026-11-25T08:50:00.000Z',
  timeEnd: '2026-11-25T08:59:00.000Z',
  title: 'Memory of web',
  text: 'is twice what is expected',
  tags: ['shop'],
  severity: 'critical',
  target,
  count: 1,
  open: 1,
  incidentId: incident.id,
  reason: 'OverThreshold',
};

export const series: WireSeries = {
  target,
  query: 'memory',
  metricType: 'memory',
  unit: 'bytes',
  threshold: 0.87,
  time: [1000, 2000],
  value: [1, null],
  expected: [1, 1],
  low: [0, 0],
  high: [2, 2],
  score: [0.1, 0.2],
};

export const health: HealthExtended = {
  status: 'ok',
  version: '0.1.0',
  cluster: 'demo',
  uptimeSeconds: 60,
  now: '2026-11-25T09:00:00.000Z',
  mode: 'MANUAL',
  killSwitch: false,
  components: { prometheus: { status: 'ok', message: '' } },
};

export const me: Me = { subject: 'grafana', issuer: 'token', role: 'viewer', rights: ['plans:read'] };

export const query: WireQuery = {
  name: 'workload-memory',
  query: 'sum by (namespace) (container_memory_working_set_bytes)',
  metricType: 'memory',
  unit: 'bytes',
  aggregate: 'sum',
  direction: 'up',
  state: 'found',
  series: 10,
  dropped: 0,
  seconds: 0.004,
  message: '',
};

export const action: ActionRow = {
  name: 'restart_deployment',
  summary: 'Replace the pods of a Deployment one after the other.',
  risk: 'low',
  reversible: false,
  kinds: ['Deployment'],
  params: ['name', 'ns'],
  usage: 'restart_deployment name=… ns=…',
  permissions: [{ verb: 'patch', group: 'apps', resource: 'deployments', allowed: true }],
  outcomes: { Fixed: 2 },
};

const at = Date.parse('2026-11-24T09:00:00Z') / 1000;
const wouldBe = { targetKey: 'k', target: 'Deployment shop/web', until: at + 600, signals: ['memory', 'oom'] };
export const detectors: Detectors = {
  items: [
    {
      metricType: 'memory',
      queries: ['workload-memory'],
      series: 10,
      learning: 2,
      anomalous: 1,
      threshold: 0.78,
      highest: 0.9,
      anomalies: 3,
      truePositives: 2,
      falsePositives: 1,
    },
  ],
  budgetPerWeek: 3,
  incidentsLastWeek: 1,
  model: {
    warmStart: { state: 'done', samples: 40_000, series: 10 },
    backtest: {
      days: 7,
      incidents: [
        { ...wouldBe, at },
        { ...wouldBe, at: at - 86_400 },
      ],
      incidentsPerDay: 2 / 7,
      alerts: 3,
      matched: 1,
      medianLead: 120,
    },
  },
};

const judged = { truePositives: 3, falsePositives: 1 };
const quiet = { anomalies: 0, truePositives: 0, falsePositives: 0, incidents: 0, byDetection: 0 };
export const quality: DetectorQuality = {
  weeks: [
    { from: '2026-11-11T09:00:00.000Z', to: '2026-11-18T09:00:00.000Z', ...quiet },
    {
      ...{ from: '2026-11-18T09:00:00.000Z', to: '2026-11-25T09:00:00.000Z', anomalies: 12, ...judged },
      ...{ incidents: 6, byDetection: 4 },
    },
  ],
  budgetPerWeek: 3,
  scores: [
    { from: 0.8, to: 0.9, truePositives: 0, falsePositives: 1 },
    { from: 0.9, to: 0.95, truePositives: 0, falsePositives: 0 },
    { from: 0.95, to: 1, truePositives: 3, falsePositives: 0 },
  ],
  calibration: {
    since: '2026-11-24T09:00:00.000Z',
    samples: 20_000,
    tails: [
      { probability: 0.1, samples: 1900 },
      { probability: 0.01, samples: 180 },
    ],
  },
};
