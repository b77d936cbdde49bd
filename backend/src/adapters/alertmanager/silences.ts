import { Agent, request } from 'undici';
import { z } from 'zod';
import { AdapterError, type Recorder, type Silences } from '../../pipeline/ports.ts';

export interface AlertmanagerOptions {
  /** e.g. http://alertmanager.monitoring:9093, with its path prefix where it has one. */
  readonly url: string;
  readonly timeoutSeconds: number;
  readonly recorder: Recorder;
}

const Matcher = z.object({
  name: z.string(),
  value: z.string(),
  isRegex: z.boolean(),
  isEqual: z.boolean().default(true),
});
type Matcher = z.infer<typeof Matcher>;
const Silence = z.object({
  comment: z.string(),
  createdBy: z.string().default(''),
  matchers: z.array(Matcher),
  status: z.object({ state: z.string() }),
});
const Alert = z.object({
  labels: z.record(z.string(), z.string()),
  status: z.object({ inhibitedBy: z.array(z.string()).default([]) }),
});

type Labels = Readonly<Record<string, string>>;

/** A missing label is the empty string, and a regular expression is anchored: Alertmanager, pkg/labels/matcher.go. */
function matches(matcher: Matcher, labels: Labels): boolean {
  const value = labels[matcher.name] ?? '';
  const equal = matcher.isRegex ? new RegExp(`^(?:${matcher.value})$`).test(value) : value === matcher.value;
  return equal === matcher.isEqual;
}

/** A pattern that JavaScript cannot read covers nothing. */
function covers(matchers: readonly Matcher[], labels: Labels): boolean {
  try {
    return matchers.every((matcher) => matches(matcher, labels));
  } catch {
    return false;
  }
}

/** Every label that we know of the alert is the same there; it may have more. */
const isAbout = (alert: Labels, labels: Labels): boolean =>
  Object.entries(labels).every(([name, value]) => alert[name] === value);

/** Alertmanager's v2 API, asked at most every `fresh` milliseconds. */
const fresh = 10_000;

/** The silences and inhibitions of an Alertmanager. Throws AdapterError when it cannot be asked. */
export function createSilences(options: AlertmanagerOptions): Silences {
  const base = options.url.replace(/\/+$/, '');
  const dispatcher = new Agent({ connections: 1 });
  const kept = new Map<string, { readonly until: number; readonly answer: Promise<unknown> }>();

  async function fetchJson(path: string): Promise<unknown> {
    const signal = AbortSignal.timeout(options.timeoutSeconds * 1000);
    const response = await request(base + path, { dispatcher, signal }).catch((cause: Error) => {
      throw new AdapterError('alertmanager', `not reached: ${cause.message}`, { retryable: true, cause });
    });
    const { statusCode: status } = response;
    if (status === 200) return response.body.json();
    await response.body.dump();
    throw new AdapterError('alertmanager', `answered ${status}`, { retryable: status >= 500, status });
  }

  function get(path: string): Promise<unknown> {
    const known = kept.get(path);
    const isFresh = known !== undefined && known.until > performance.now();
    const labels = { cache: 'alertmanager', result: isFresh ? 'hit' : 'miss' };
    options.recorder.count('kubewise_cache_requests_total', labels);
    if (isFresh) return known.answer;
    const answer = fetchJson(path);
    kept.set(path, { until: performance.now() + fresh, answer });
    answer.catch(() => kept.delete(path));
    return answer;
  }

  async function rows<T>(path: string, schema: z.ZodType<T>): Promise<T[]> {
    const parsed = z.array(schema).safeParse(await get(path));
    if (parsed.success) return parsed.data;
    throw new AdapterError('alertmanager', `answered something else than its v2 API: ${parsed.error.message}`, {
      retryable: false,
    });
  }

  return {
    async covering(labels) {
      const silences = await rows('/api/v2/silences', Silence);
      const silence = silences.find((one) => one.status.state === 'active' && covers(one.matchers, labels));
      if (silence) return `silenced by ${silence.createdBy || 'somebody'}: ${silence.comment}`.slice(0, 300);
      const inhibited = await rows('/api/v2/alerts?inhibited=true&silenced=false&active=false', Alert);
      const other = inhibited.find((one) => one.status.inhibitedBy.length > 0 && isAbout(one.labels, labels));
      return other && `inhibited in Alertmanager by ${other.status.inhibitedBy.length} other alert(s)`;
    },
  };
}
