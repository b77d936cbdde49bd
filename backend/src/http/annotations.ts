import type { Target } from '../model/index.ts';
import { timeOf } from './views/basic-view.ts';
import type { AnnotationEvent } from './wire/anomaly.ts';

/** At most this many events are painted per layer: more is unreadable and freezes a page. */
export const eventsPerLayer = 300;

export type Severity = AnnotationEvent['severity'];
const severities: readonly Severity[] = ['info', 'warning', 'critical'];

/** What decides whether and where an event is painted, in Unix seconds; the event itself is made for those that are. */
export interface Happening {
  readonly from: number;
  /** Absent for a point in time. */
  readonly to?: number;
  readonly open: boolean;
  readonly severity: Severity;
  readonly target: Target;
  event(): AnnotationEvent;
}

interface Group {
  readonly first: Happening;
  count: number;
  open: number;
  from: number;
  to: number | undefined;
  severity: number;
}

const byTarget = ({ target }: Happening): string => `${target.kind} ${target.namespace} ${target.name}`;
const byNamespace = ({ target }: Happening): string => target.namespace;
const together = (): string => '';

/** A number for each of what belongs together, so that thousands of happenings are compared as numbers. */
function numbered(happenings: readonly Happening[], whose: (one: Happening) => string): readonly number[] {
  const numbers = new Map<string, number>();
  return happenings.map((one) => {
    const key = whose(one);
    const known = numbers.get(key) ?? numbers.size;
    numbers.set(key, known);
    return known;
  });
}

/** In which bucket each begins and whose it is, as one number: buckets count from the first one, at multiples of `bucket`. */
function keysOf(happenings: readonly Happening[], owners: readonly number[], bucket: number): Float64Array {
  const buckets = Float64Array.from(happenings, ({ from }) => Math.floor(from / bucket));
  const first = buckets.reduce((least, one) => Math.min(least, one), Infinity);
  return buckets.map((one, index) => (one - first) * happenings.length + (owners[index] ?? 0));
}

function fits(keys: Float64Array, limit: number): boolean {
  const seen = new Set<number>();
  for (const key of keys) if (seen.add(key).size > limit) return false;
  return true;
}

function grouped(happenings: readonly Happening[], keys: Float64Array): readonly Group[] {
  const groups = new Map<number, Group>();
  for (const [index, one] of happenings.entries()) {
    const key = keys[index] ?? 0;
    const severity = severities.indexOf(one.severity);
    const group = groups.get(key);
    if (!group) {
      groups.set(key, { first: one, count: 1, open: Number(one.open), from: one.from, to: one.to, severity });
      continue;
    }
    group.count += 1;
    group.open += Number(one.open);
    group.from = Math.min(group.from, one.from);
    if (one.to !== undefined) group.to = Math.max(group.to ?? one.to, one.to);
    group.severity = Math.max(group.severity, severity);
  }
  return [...groups.values()];
}

function painted({ first, count, open, from, to, severity }: Group): AnnotationEvent {
  const event = first.event();
  if (count === 1) return event;
  const others = `${count - 1} more${open > 0 ? `, ${open} open` : ''}`;
  return {
    ...event,
    ...{ severity: severities[severity] ?? event.severity, count, open },
    time: timeOf(from),
    ...(to !== undefined && { timeEnd: timeOf(to) }),
    title: `${event.title} (${others})`,
  };
}

/**
 * The events of one layer, merged by target and time bucket until at most `limit` are left: buckets widen first, then
 * targets of a namespace are taken together, then all. `rangeSeconds` is the length of what is shown.
 */
export function merged(
  happenings: readonly Happening[],
  rangeSeconds: number,
  limit = eventsPerLayer,
): { readonly events: AnnotationEvent[]; readonly bucketSeconds: number } {
  if (happenings.length <= limit) return { events: happenings.map((one) => one.event()), bucketSeconds: 0 };
  const finest = Math.max(1, rangeSeconds / limit);
  for (const whose of [byTarget, byNamespace, together]) {
    const owners = numbered(happenings, whose);
    for (let bucket = finest; bucket <= finest * 64; bucket *= 2) {
      const keys = keysOf(happenings, owners, bucket);
      if (fits(keys, limit)) return { events: grouped(happenings, keys).map(painted), bucketSeconds: bucket };
    }
  }
  const whole = grouped(happenings, new Float64Array(happenings.length));
  return { events: whole.map(painted), bucketSeconds: rangeSeconds };
}
