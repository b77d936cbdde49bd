interface Field {
  readonly min: number;
  readonly max: number;
}

const fields: readonly Field[] = [
  { min: 0, max: 59 },
  { min: 0, max: 23 },
  { min: 1, max: 31 },
  { min: 1, max: 12 },
  { min: 0, max: 7 },
];

const nicknames: Readonly<Record<string, string>> = {
  '@hourly': '0 * * * *',
  '@daily': '0 0 * * *',
  '@midnight': '0 0 * * *',
  '@weekly': '0 0 * * 0',
  '@monthly': '0 0 1 * *',
  '@yearly': '0 0 1 1 *',
};

export type Schedule = readonly ReadonlySet<number>[];

/** Five fields with lists, ranges and steps, or a nickname; in UTC. Throws on anything else. */
export function parseSchedule(text: string): Schedule {
  const words = (nicknames[text.trim()] ?? text).trim().split(/\s+/);
  if (words.length !== 5) throw new Error(`unparseable schedule: ${text}`);
  return fields.map((field, index) => parseField(words[index] as string, field));
}

function parseField(text: string, { min, max }: Field): ReadonlySet<number> {
  const values = new Set<number>();
  for (const part of text.split(',')) {
    const [, range = '', step] = /^([^/]+)(?:\/(\d+))?$/.exec(part) ?? [];
    const [from, to = step ? String(max) : range] = range === '*' ? [String(min), String(max)] : range.split('-');
    for (let value = Number(from); value <= Number(to); value += Number(step ?? 1)) values.add(value);
  }
  if (values.size === 0 || [...values].some((one) => !(one >= min && one <= max))) {
    throw new Error(`unparseable schedule field: ${text}`);
  }
  if (max === 7 && values.has(7)) values.add(0);
  return values;
}

const minute = 60;

/** The first scheduled time after `after` (Unix seconds), within a year. */
export function nextTime(schedule: Schedule, after: number): number | undefined {
  for (let at = Math.floor(after / minute) * minute + minute; at < after + 366 * 86_400; at += stepFrom(schedule, at)) {
    if (matches(schedule, at)) return at;
  }
  return undefined;
}

/** Days that do not match are skipped as a whole. */
function stepFrom(schedule: Schedule, at: number): number {
  if (dayMatches(schedule, new Date(at * 1000))) return minute;
  return 86_400 - (at % 86_400);
}

function matches(schedule: Schedule, at: number): boolean {
  const date = new Date(at * 1000);
  const [minutes, hours] = schedule;
  return minutes!.has(date.getUTCMinutes()) && hours!.has(date.getUTCHours()) && dayMatches(schedule, date);
}

/** Day of month and day of week: when both are restricted, either will do. */
function dayMatches(schedule: Schedule, date: Date): boolean {
  const [, , days, months, weekdays] = schedule;
  if (!months!.has(date.getUTCMonth() + 1)) return false;
  const [byDay, byWeekday] = [days!.has(date.getUTCDate()), weekdays!.has(date.getUTCDay())];
  const [anyDay, anyWeekday] = [days!.size === 31, weekdays!.size >= 7];
  return anyDay || anyWeekday ? byDay && byWeekday : byDay || byWeekday;
}
