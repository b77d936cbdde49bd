import { readFileSync } from 'node:fs';
import { parseEnv } from 'node:util';
import { parse as parseYaml } from 'yaml';
import { z } from 'zod';
import { Mode, wanted, WatchedQuery } from './model/index.ts';

/** Numbers, booleans and JSON arrive as text from the environment and as themselves from YAML. */
const numeric = z.preprocess(
  (value) => (typeof value === 'string' && value.trim() ? Number(value) : value),
  z.number(),
);
const positive = numeric.pipe(z.number().positive());
const whole = numeric.pipe(z.int().nonnegative());
const count = numeric.pipe(z.int().positive());
const flag = z.preprocess((value) => {
  if (typeof value !== 'string') return value;
  if (/^(true|1|yes|on)$/i.test(value)) return true;
  return /^(false|0|no|off)$/i.test(value) ? false : value;
}, z.boolean());
const url = z.url({ protocol: /^https?$/, message: 'must be an http:// or https:// URL' });
const json = <T extends z.ZodType>(schema: T) =>
  z.preprocess((value, context) => {
    if (typeof value !== 'string') return value;
    try {
      return JSON.parse(value);
    } catch {
      context.addIssue({ code: 'custom', message: 'is not valid JSON' });
      return z.NEVER;
    }
  }, schema);
const names = z.preprocess(
  (value) =>
    typeof value === 'string'
      ? value
          .split(',')
          .map((one) => one.trim())
          .filter(Boolean)
      : value,
  z.array(z.string()),
);
const threshold = numeric.pipe(z.number().gt(0).lt(1));
const pattern = z.string().refine((value) => {
  try {
    return new RegExp(value) instanceof RegExp;
  } catch {
    return false;
  }
}, 'is not a regular expression');
const level = z.preprocess(
  (value) => (typeof value === 'string' ? value.toLowerCase() : value),
  z.enum(['debug', 'info', 'warning', 'warn', 'error']).transform((one) => (one === 'warning' ? 'warn' : one)),
);

/** Whose models may plan; all but gemini and anthropic speak the chat completions API. */
const llmProviders = ['gemini', 'openai', 'azure', 'anthropic', 'bedrock', 'ollama', 'ramalama'] as const;

export const Token = z.strictObject({
  id: z.string().regex(/^[\w.@-]{1,64}$/),
  role: z.enum(['viewer', 'operator', 'approver', 'admin', 'ingest']),
  token: z.string().min(16, 'must have at least 16 characters'),
});
const GrafanaIssuer = z
  .strictObject({
    issuer: z.string(),
    jwksUrl: url.optional(),
    jwksFile: z.string().optional(),
    orgs: z.array(z.int()).default([1]),
  })
  .refine((one) => one.jwksUrl !== undefined || one.jwksFile !== undefined, 'needs jwksUrl or jwksFile');
const Webhook = z
  .strictObject({
    kind: z.enum(['generic', 'slack', 'pagerduty']),
    url,
    headers: z.record(z.string(), z.string()).optional(),
    routingKey: z.string().min(1).optional(),
  })
  .refine((one) => one.kind !== 'pagerduty' || one.routingKey !== undefined, 'pagerduty needs a routingKey');

/** One setting: how it is read, what it means, whether it must not be shown, and its names in older systems. */
interface Setting {
  readonly schema: z.ZodType;
  readonly about: string;
  readonly secret?: true;
  readonly aliases?: readonly string[];
  /** May change while the service runs (PUT /config). */
  readonly runtime?: true;
}
const set = <S extends z.ZodType>(schema: S, about: string, more: Omit<Setting, 'schema' | 'about'> = {}) => ({
  schema,
  about,
  ...more,
});

/** Every setting of the product, on one page. README's table is generated from it (`kubewise config --markdown`). */
export const settings = {
  HOST: set(z.string().default('127.0.0.1'), 'address the API listens on'),
  PORT: set(whole.pipe(z.number().max(65_535)).default(8000), 'port the API listens on; 0 = any free one'),
  PUBLIC_URL: set(url.optional(), 'URL under which people reach the API, for links in notifications'),
  DATA_DIR: set(z.string().default('.kubewise'), 'folder for the database, detector snapshots and the connection file'),
  CLUSTER_NAME: set(z.string().optional(), 'name of the cluster in every label; default: uid of namespace kube-system'),
  KUBECONFIG: set(z.string().optional(), 'kubeconfig file; default: in-cluster, then the usual places'),
  KUBE_CONTEXT: set(z.string().optional(), 'context of the kubeconfig; default: its current one'),
  WATCH_NAMESPACES: set(names.default([]), 'namespaces to watch, comma separated; empty = all'),

  PROM_URL: set(url.default('http://localhost:9090'), 'Prometheus, or a store that speaks its API', {
    aliases: ['PROMETHEUS_URL'],
  }),
  PROM_QUERIES: set(
    json(z.array(WatchedQuery).min(1)).optional(),
    'JSON list of watched queries; default: the built-in list',
    {
      aliases: ['DEFAULT_PROMQL_QUERIES'],
    },
  ),
  PROM_POLL_INTERVAL: set(positive.default(60), 'evaluation interval (s)', {
    aliases: ['WORKER_SLEEP_INTERVAL_SECONDS'],
  }),
  PROMETHEUS_SCRAPE_INTERVAL_SECONDS: set(
    positive.default(15),
    'how often Prometheus itself scrapes (s): polling more often is warned of',
  ),
  PROM_TIMEOUT: set(positive.default(10), 'timeout of one query (s)'),
  PROM_BEARER_TOKEN: set(z.string().optional(), 'bearer token for Prometheus', { secret: true }),
  PROM_USERNAME: set(z.string().optional(), 'user for basic authentication at Prometheus'),
  PROM_PASSWORD: set(z.string().optional(), 'password for basic authentication at Prometheus', { secret: true }),
  PROM_TENANT: set(z.string().optional(), 'X-Scope-OrgID of Mimir, Thanos, Cortex'),
  PROM_CA_FILE: set(z.string().optional(), 'CA certificate of Prometheus'),
  PROM_MAX_SERIES_PER_QUERY: set(whole.default(5000), 'series kept of one query; the rest is dropped and counted'),
  PROM_MAX_SERIES: set(whole.default(100_000), 'series kept in all'),
  METRICS_MAX_SERIES: set(
    whole.default(5000),
    'series whose scores /metrics tells; the highest win, anomalous ones always stay',
  ),
  RECONCILE_CONCURRENCY: set(count.default(16), 'incidents that are worked on at the same time'),
  SAMPLE_SOURCE: set(
    z.enum(['poll', 'remote_write']).default('poll'),
    'poll: PROM_URL is asked. remote_write: samples come to /api/v1/write, PROM_URL gives history only',
  ),
  REMOTE_WRITE_KEEP: set(
    pattern.optional(),
    'remote_write: only metrics whose whole name this regular expression fits',
  ),
  REMOTE_WRITE_DROP: set(pattern.optional(), 'remote_write: no metrics whose whole name this regular expression fits'),
  ERROR_RETRY_DELAY: set(positive.default(5), 'wait after a failed poll (s)'),
  WARM_START_DAYS: set(
    numeric.pipe(z.number().nonnegative()).default(14),
    'history replayed at start (days); 0 = none',
  ),
  WARM_START_STEP: set(positive.default(300), 'step of that history (s)'),

  MONGO_URI: set(
    z
      .string()
      .regex(/^mongodb(\+srv)?:\/\//, 'must begin with mongodb:// or mongodb+srv://')
      .optional(),
    'MongoDB instead of SQLite',
    {
      secret: true,
      aliases: ['MONGODB_ATLAS_URI'],
    },
  ),
  MONGODB_DB_NAME: set(z.string().default('k8s_monitoring'), 'database name in MongoDB'),
  MONGO_MAX_POOL_SIZE: set(whole.default(100), 'connections to MongoDB at most'),
  MONGO_MIN_POOL_SIZE: set(whole.default(10), 'connections to MongoDB at least'),
  RETENTION_DAYS: set(positive.default(30), 'how long closed incidents, anomalies and events are kept (days)'),

  ANOMALY_THRESHOLDS: set(
    json(z.record(z.string(), threshold)).default({}),
    'JSON: threshold per metric type, `default` for the rest',
    {
      runtime: true,
    },
  ),
  DEFAULT_ANOMALY_THRESHOLD: set(threshold.default(0.75), 'threshold where none is set; higher is less sensitive', {
    runtime: true,
  }),
  ANOMALY_SCORE_THRESHOLD: set(
    numeric.default(-0.2),
    'decision threshold of the Isolation Forest; more negative is less sensitive',
  ),
  ANOMALY_METRIC_WINDOW_SECONDS: set(positive.default(600), 'recent values kept per series for the API (s)'),
  ANOMALY_MODEL_PATH: set(z.string().default('models/isolation-forest.json'), 'model file of the Isolation Forest'),
  FALSE_ALARM_BUDGET: set(
    positive.default(3),
    'a ceiling: incidents per cluster and week that healthy noise may open at most; the default threshold follows it, between 0.67 and 0.9, unless one is set',
  ),
  HST_N_TREES: set(count.default(10), 'Half-Space Trees: number of trees'),
  HST_HEIGHT: set(count.pipe(z.number().max(20)).default(8), 'Half-Space Trees: height'),
  HST_WINDOW_SIZE: set(count.default(250), 'Half-Space Trees: window (samples)'),

  REMEDIATION_MODE: set(
    z.preprocess((value) => (typeof value === 'string' ? value.toUpperCase() : value), Mode).default('MANUAL'),
    'MANUAL: people approve. AUTO: what the policy grants runs by itself',
    { runtime: true },
  ),
  REMEDIATION_COOLDOWN_SECONDS: set(
    numeric.pipe(z.number().nonnegative()).optional(),
    'wait between two remediations of one target (s); overrides the policy',
  ),
  POLICY_FILE: set(z.string().optional(), 'policy.yaml; default: people approve everything'),
  RUNBOOKS_DIR: set(z.string().optional(), 'folder of runbooks; default: the built-in ones'),

  LLM_PROVIDER: set(
    z.preprocess((value) => (typeof value === 'string' ? value.toLowerCase() : value), z.enum(llmProviders)).optional(),
    `whose model plans where no rule fits: ${llmProviders.join(', ')}; default: gemini when GEMINI_API_KEY is set`,
    { aliases: ['HOLMES_LLM_PROVIDER'] },
  ),
  LLM_MODEL: set(z.string().optional(), 'name of the model; default: GEMINI_MODEL with gemini', {
    aliases: ['HOLMES_DEFAULT_MODEL'],
  }),
  LLM_TIMEOUT: set(positive.default(30), 'timeout of one model call (s)', {
    aliases: ['GEMINI_TIMEOUT', 'REQUEST_TIMEOUT'],
  }),
  GEMINI_API_KEY: set(z.string().optional(), 'key for Gemini; without a model the rules plan alone', { secret: true }),
  GEMINI_MODEL: set(z.string().default('gemini-2.0-flash'), 'Gemini model'),
  GEMINI_BASE_URL: set(url.optional(), 'another address for the Gemini API'),
  GEMINI_AUTO_ANALYSIS: set(flag.default(true), 'ask the model (any provider) when no rule fits'),
  GEMINI_AUTO_VERIFICATION: set(
    flag.default(true),
    'ask the model (any provider) what it makes of an outcome; the verdict comes from the numbers alone',
  ),
  OPENAI_API_KEY: set(z.string().optional(), 'key for openai, azure or bedrock', { secret: true }),
  OPENAI_BASE_URL: set(
    url.optional(),
    'address of a chat completions API, up to /v1: azure, bedrock, ramalama, vLLM; default: OpenAI’s',
  ),
  ANTHROPIC_API_KEY: set(z.string().optional(), 'key for Anthropic', { secret: true }),
  ANTHROPIC_BASE_URL: set(url.optional(), 'another address for the Anthropic API'),
  OLLAMA_BASE_URL: set(url.default('http://localhost:11434'), 'address of Ollama, which needs no key'),
  MODEL_PRICE_INPUT: set(
    numeric.pipe(z.number().nonnegative()).default(0),
    'price of a million tokens sent to the model, in a currency of yours; for the cost on the dashboard',
  ),
  MODEL_PRICE_OUTPUT: set(
    numeric.pipe(z.number().nonnegative()).default(0),
    'price of a million tokens that the model answers',
  ),

  ALERTMANAGER_URL: set(url.optional(), 'Alertmanager whose silences and inhibitions are honoured'),
  NOTIFY_WEBHOOKS: set(
    json(z.array(Webhook)).default([]),
    'JSON list of receivers: kind generic, slack or pagerduty (with routingKey), url, headers',
    { secret: true },
  ),
  SLACK_WEBHOOK_URL: set(url.optional(), 'Slack incoming webhook', { secret: true }),
  PAGERDUTY_ROUTING_KEY: set(z.string().min(1).optional(), 'integration key of a PagerDuty service (Events API v2)', {
    secret: true,
  }),
  PAGERDUTY_URL: set(url.optional(), 'another address for PagerDuty’s Events API'),

  AUTH_TOKENS: set(
    json(z.array(Token)).default([]),
    'JSON list of {id, role, token}; none = one admin token is made and kept in DATA_DIR',
    {
      secret: true,
    },
  ),
  GRAFANA_ISSUERS: set(
    json(z.array(GrafanaIssuer)).default([]),
    'JSON list of {issuer, jwksUrl | jwksFile, orgs} whose X-Grafana-Id is trusted',
  ),
  GRAFANA_APPROVE_SECRET: set(
    z.string().min(16).optional(),
    'secret that only the approval route of the data source sends',
    { secret: true },
  ),

  ERROR_THRESHOLD: set(count.default(5), 'consecutive failures that open a circuit'),
  CIRCUIT_OPEN_TIMEOUT: set(positive.default(60), 'how long an open circuit rejects (s)'),
  HALF_OPEN_MAX_CALLS: set(count.default(3), 'test calls of a half-open circuit'),
  RETRY_MAX_ATTEMPTS: set(whole.default(3), 'attempts of a retryable call'),
  RETRY_BASE_DELAY: set(positive.default(0.5), 'first wait before a retry (s); doubles, with jitter'),
  SHUTDOWN_TIMEOUT: set(positive.default(15), 'how long a stop may take before it is forced (s)'),

  LOG_LEVEL: set(level.default('info'), 'debug, info, warn or error', { runtime: true }),
  LOG_FORMAT: set(z.enum(['json', 'text']).optional(), 'json or text; default: text on a terminal'),
  LOG_FILE: set(z.string().optional(), 'also write the log to this file'),
} as const satisfies Record<string, Setting>;

export type SettingName = keyof typeof settings;
export type Config = Readonly<{ [K in SettingName]: z.output<(typeof settings)[K]['schema']> }>;
export const settingNames = Object.keys(settings) as SettingName[];

export interface Loaded {
  readonly config: Config;
  /** Settings that came under an older name: old name → name. */
  readonly aliases: Readonly<Record<string, SettingName>>;
  readonly sources: Readonly<Partial<Record<SettingName, 'environment' | '.env' | 'file'>>>;
}
/** Every wrong setting by name, all at once. */
export class ConfigError extends Error {
  readonly problems: readonly string[];
  constructor(problems: readonly string[]) {
    super(`the configuration has ${problems.length} problem(s):\n${problems.map((one) => `  - ${one}`).join('\n')}`);
    this.name = 'ConfigError';
    this.problems = problems;
  }
}

type Raw = Readonly<Record<string, unknown>>;

const alias = (name: string): SettingName | undefined =>
  settingNames.find((one) => ((settings[one] as Setting).aliases ?? []).includes(name));

/** Puts values under their present names; a value under both names keeps the present one. */
function renamed(raw: Raw): { readonly values: Raw; readonly aliases: Record<string, SettingName> } {
  const values: Record<string, unknown> = {};
  const aliases: Record<string, SettingName> = {};
  for (const [name, value] of Object.entries(raw)) {
    const present = alias(name);
    if (!present) values[name] = value;
    else if (raw[present] === undefined) {
      values[present] = value;
      aliases[name] = present;
    }
  }
  return { values, aliases };
}

function fromFile(path: string, problems: string[]): Raw {
  try {
    const parsed: unknown = parseYaml(readFileSync(path, 'utf8'));
    if (parsed === null) return {};
    if (typeof parsed === 'object' && !Array.isArray(parsed)) return parsed as Raw;
    problems.push(`${path}: must be a mapping of settings`);
  } catch (error) {
    problems.push(`${path}: ${error instanceof Error ? error.message : String(error)}`);
  }
  return {};
}

function fromDotEnv(path: string): Raw {
  try {
    return parseEnv(readFileSync(path, 'utf8'));
  } catch {
    return {};
  }
}

const known = (raw: Raw): Raw =>
  Object.fromEntries(Object.entries(raw).filter(([name, value]) => (name in settings || alias(name)) && value !== ''));

/**
 * Reads the configuration: environment over `.env` over the YAML file over defaults. Throws ConfigError with every bad
 * field by name. Unknown names in the file are errors; the environment belongs to others as well.
 */
export function loadConfig(
  env: Readonly<Record<string, string | undefined>>,
  options: { readonly file?: string; readonly dotEnv?: string } = {},
): Loaded {
  const problems: string[] = [];
  const file = options.file ? fromFile(options.file, problems) : {};
  for (const name of Object.keys(file))
    if (!(name in settings) && !alias(name)) problems.push(`${name} (in ${options.file}): there is no such setting`);
  const layers = [
    { source: 'file' as const, ...renamed(known(file)) },
    { source: '.env' as const, ...renamed(known(options.dotEnv ? fromDotEnv(options.dotEnv) : {})) },
    { source: 'environment' as const, ...renamed(known(env)) },
  ];
  const raw: Raw = Object.assign({}, ...layers.map((layer) => layer.values));
  const values: Record<string, unknown> = {};
  for (const name of settingNames) {
    const parsed = (settings[name] as Setting).schema.safeParse(raw[name], { error: wanted });
    if (parsed.success) values[name] = parsed.data;
    else for (const issue of parsed.error.issues) problems.push(problemOf(name, issue));
  }
  if (problems.length > 0) throw new ConfigError(problems);
  return {
    config: Object.freeze(values) as Config,
    aliases: Object.assign({}, ...layers.map((layer) => layer.aliases)) as Record<string, SettingName>,
    sources: Object.assign(
      {},
      ...layers.map((layer) => Object.fromEntries(Object.keys(layer.values).map((name) => [name, layer.source]))),
    ) as Loaded['sources'],
  };
}

const problemOf = (name: SettingName, issue: { path: PropertyKey[]; message: string }): string =>
  `${[name, ...issue.path.map(String)].join('.')}: ${issue.message} (${settings[name].about})`;

const hidden = '********';
/** The configuration as it may be shown: secrets are stars, URLs lose their passwords. */
export function maskedConfig(config: Config): Readonly<Record<string, unknown>> {
  return Object.fromEntries(
    settingNames.map((name) => {
      const value = config[name];
      const isSet = value !== undefined && !(Array.isArray(value) && value.length === 0);
      if ((settings[name] as Setting).secret) return [name, isSet ? hidden : undefined];
      return [name, typeof value === 'string' ? value.replace(/\/\/[^/@\s]+@/, `//${hidden}@`) : value];
    }),
  );
}

/** Settings that PUT /config may change. */
export const runtimeSettings = settingNames.filter((name) => (settings[name] as Setting).runtime);
/** Reads one changed setting; the message names the field and what is wrong. */
export function parseSetting(
  name: SettingName,
  value: unknown,
): { ok: true; value: unknown } | { ok: false; message: string } {
  const parsed = (settings[name] as Setting).schema.safeParse(value, { error: wanted });
  if (parsed.success) return { ok: true, value: parsed.data };
  return { ok: false, message: parsed.error.issues.map((issue) => problemOf(name, issue)).join('; ') };
}
