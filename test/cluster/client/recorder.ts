import type { SimClock } from '../clock.ts';
import type { KubeObject } from '../runtime.ts';
import type { KubeClient } from './client.ts';
import { resourceOf } from './resources.ts';

export interface EventNote {
  /** The object that the event is about. */
  readonly about: KubeObject;
  readonly type: 'Normal' | 'Warning';
  readonly reason: string;
  readonly message: string;
  /** `spec.containers{web}` for events about a container. */
  readonly fieldPath?: string;
}

/** Writes Kubernetes events as client-go's recorder does: same again = count + 1, and not too many. Never throws. */
export interface Recorder {
  record(note: EventNote): Promise<void>;
}

interface Remembered {
  readonly namespace: string;
  readonly name: string;
  count: number;
  last: number;
}

interface Bucket {
  tokens: number;
  at: number;
}

/** client-go: a source may say 25 things about one object at once, then one each 300 s; it forgets after an hour. */
const spam = { burst: 25, refillSeconds: 300 };
const forgetSeconds = 3600;

export const time = (seconds: number): string => new Date(seconds * 1000).toISOString().replace(/\.\d+Z$/, 'Z');

/** MicroTime: six digits. */
export const microTime = (seconds: number): string => {
  const micros = Math.floor((seconds % 1) * 1e6);
  return time(Math.floor(seconds)).replace('Z', `.${String(micros).padStart(6, '0')}Z`);
};

export function createRecorder(options: {
  readonly client: KubeClient;
  readonly clock: SimClock;
  readonly component: string;
  readonly host?: string;
  readonly onError: (error: unknown, what: string) => void;
}): Recorder {
  const { client, clock, component, host, onError } = options;
  const seen = new Map<string, Remembered>();
  const buckets = new Map<string, Bucket>();
  const source = { component, ...(host && { host }) };
  const salt = saltOf(`${component} ${host ?? ''}`);
  let serial = 0;

  function mayTell(key: string): boolean {
    const now = clock.now();
    const bucket = buckets.get(key) ?? { tokens: spam.burst, at: now };
    bucket.tokens = Math.min(spam.burst, bucket.tokens + (now - bucket.at) / spam.refillSeconds);
    bucket.at = now;
    buckets.set(key, bucket);
    if (bucket.tokens < 1) return false;
    bucket.tokens -= 1;
    return true;
  }

  /** As client-go names events: the time in nanoseconds; here the part below a second tells the sources apart. */
  const suffix = (now: number, count: number): string =>
    (BigInt(Math.floor(now)) * 1_000_000_000n + BigInt(salt * 10_000 + (count % 10_000))).toString(16);

  async function create(note: EventNote): Promise<Remembered> {
    const { metadata, kind, apiVersion } = note.about as { metadata: KubeObject; kind: string; apiVersion: string };
    const namespace = String(metadata['namespace'] ?? 'default');
    const now = clock.now();
    serial += 1;
    const name = `${metadata['name']}.${suffix(now, serial)}`;
    await client.create(resourceOf('Event'), {
      apiVersion: 'v1',
      kind: 'Event',
      metadata: { name, namespace },
      involvedObject: {
        apiVersion,
        kind,
        name: metadata['name'],
        uid: metadata['uid'],
        resourceVersion: metadata['resourceVersion'],
        ...(metadata['namespace'] && { namespace }),
        ...(note.fieldPath && { fieldPath: note.fieldPath }),
      },
      reason: note.reason,
      message: note.message,
      type: note.type,
      source,
      reportingComponent: component,
      reportingInstance: host ?? '',
      firstTimestamp: time(now),
      lastTimestamp: time(now),
      count: 1,
      eventTime: null,
    });
    return { namespace, name, count: 1, last: now };
  }

  async function again(one: Remembered): Promise<void> {
    one.count += 1;
    one.last = clock.now();
    const body = { count: one.count, lastTimestamp: time(one.last) };
    await client.patch(resourceOf('Event'), one, 'strategic-merge-patch', body);
  }

  return {
    async record(note) {
      const object = `${note.about['kind']} ${note.about['metadata'].uid ?? note.about['metadata'].name}`;
      const key = [object, note.type, note.reason, note.message, note.fieldPath].join('\n');
      if (!mayTell(object)) return;
      const known = seen.get(key);
      try {
        if (known && clock.now() - known.last < forgetSeconds) await again(known);
        else seen.set(key, await create(note));
      } catch (error) {
        // An event that is gone (expired, namespace deleted) is begun anew the next time; nothing depends on it.
        seen.delete(key);
        onError(error, `event ${note.reason}`);
      }
      if (seen.size > 5000) forget(seen, clock.now());
    },
  };
}

/** A number below 100,000 by source. */
function saltOf(text: string): number {
  let value = 7;
  for (let index = 0; index < text.length; index += 1) value = (value * 31 + text.charCodeAt(index)) % 99_991;
  return value;
}

function forget(seen: Map<string, Remembered>, now: number): void {
  for (const [key, one] of seen) if (now - one.last > forgetSeconds) seen.delete(key);
}
