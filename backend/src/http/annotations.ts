import type { AnnotationEvent } from './wire/anomaly.ts';

/** At most this many events are painted per layer: more is unreadable and freezes a page. */
export const eventsPerLayer = 300;

const severities = ['info', 'warning', 'critical'] as const;
type Severity = (typeof severities)[number];
const worse = (a: Severity, b: Severity): Severity => (severities.indexOf(a) >= severities.indexOf(b) ? a : b);

interface Merged {
  first: AnnotationEvent;
  count: number;
  open: number;
  from: number;
  to: number | undefined;
  severity: Severity;
}
type Grouping = (event: AnnotationEvent) => string;

const byTarget: Grouping = (event) => event.target?.label ?? '';
const byNamespace: Grouping = (event) => event.target?.namespace ?? '';
const together: Grouping = () => '';

function grouped(events: readonly AnnotationEvent[], bucket: number, whose: Grouping): Merged[] {
  const groups = new Map<string, Merged>();
  for (const event of events) {
    const from = Date.parse(event.time);
    const to = event.timeEnd === undefined ? undefined : Date.parse(event.timeEnd);
    const key = `${Math.floor(from / 1000 / bucket)} ${whose(event)}`;
    const group = groups.get(key);
    if (!group) {
      groups.set(key, { first: event, count: event.count, open: event.open, from, to, severity: event.severity });
      continue;
    }
    group.count += event.count;
    group.open += event.open;
    group.from = Math.min(group.from, from);
    if (to !== undefined) group.to = Math.max(group.to ?? to, to);
    group.severity = worse(group.severity, event.severity);
  }
  return [...groups.values()];
}

function painted({ first, count, open, from, to, severity }: Merged): AnnotationEvent {
  if (count === 1) return first;
  const others = `${count - 1} more${open > 0 ? `, ${open} open` : ''}`;
  return {
    ...first,
    ...{ severity, count, open },
    time: new Date(from).toISOString(),
    ...(to !== undefined && { timeEnd: new Date(to).toISOString() }),
    title: `${first.title} (${others})`,
  };
}

/**
 * The events of one layer, merged by target and time bucket until at most `limit` are left: buckets widen first, then
 * targets of a namespace are taken together, then all. `rangeSeconds` is the length of what is shown.
 */
export function merged(
  events: readonly AnnotationEvent[],
  rangeSeconds: number,
  limit = eventsPerLayer,
): { readonly events: AnnotationEvent[]; readonly bucketSeconds: number } {
  if (events.length <= limit) return { events: [...events], bucketSeconds: 0 };
  const finest = Math.max(1, rangeSeconds / limit);
  for (const whose of [byTarget, byNamespace, together])
    for (let bucket = finest; bucket <= finest * 64; bucket *= 2) {
      const groups = grouped(events, bucket, whose);
      if (groups.length <= limit) return { events: groups.map(painted), bucketSeconds: bucket };
    }
  const whole = grouped(events, Number.MAX_SAFE_INTEGER, together);
  return { events: whole.map(painted), bucketSeconds: rangeSeconds };
}
