import { dateTimeFormat, formattedValueToString, getValueFormat, getValueFormats } from '@grafana/data';

/** Grafana's unit ids for the units that KubeWise names. */
const units: Readonly<Record<string, string>> = {
  bytes: 'bytes',
  ratio: 'percentunit',
  percent: 'percent',
  seconds: 's',
  cores: 'suffix:cores',
  'bytes/s': 'Bps',
  '1/s': 'cps',
};
/** Of a unit of KubeWise; one that it does not name is a plain number. */
export const unitId = (unit: string): string => units[unit] ?? 'short';

const isGrafanas = (unit: string): boolean =>
  getValueFormats().some(({ submenu }) => submenu?.some(({ value }) => value === unit));

/** A number with its unit, of KubeWise or by Grafana's id, as Grafana prints it: `512 MiB`, `87.5%`. */
export const withUnit = (value: number | null | undefined, unit: string): string =>
  value === null || value === undefined || !Number.isFinite(value)
    ? '–'
    : formattedValueToString(getValueFormat(isGrafanas(unit) ? unit : unitId(unit))(value));

/** The score to two decimals: 0.87. */
export const scoreText = (score: number): string => score.toFixed(2);

/** A score beside the threshold that it passed. */
export const scoredText = (peak: number, threshold: number): string =>
  `score ${scoreText(peak)}, threshold ${scoreText(threshold)}`;

export const clock = (iso: string): string => dateTimeFormat(Date.parse(iso));
/** `3 min ago`. What lies ahead of `now` happened on another clock than the browser's (a simulated cluster's): its time then. */
export const ago = (iso: string, now: number = Date.now()): string =>
  Date.parse(iso) > now + 60_000 ? clock(iso) : secondsAgo((now - Date.parse(iso)) / 1000);
const secondsAgo = (seconds: number): string => (seconds < 5 ? 'just now' : `${duration(seconds)} ago`);

/** The time, and how long ago that was. */
export function clockAndAgo(iso: string): string {
  const [at, since] = [clock(iso), ago(iso)];
  return at === since ? at : `${at} (${since})`;
}

/** Seconds as people say them: `45 s`, `3 min`, `2 h 5 min`, `4 d`. */
export function duration(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  if (whole < 90) {
    return `${whole} s`;
  }
  const minutes = Math.round(whole / 60);
  if (minutes < 90) {
    return `${minutes} min`;
  }
  const hours = Math.floor(minutes / 60);
  if (hours < 48) {
    return minutes % 60 === 0 ? `${hours} h` : `${hours} h ${minutes % 60} min`;
  }
  return `${Math.round(hours / 24)} d`;
}

/** With a capital letter: what KubeWise says in lower case stands at the start of a sentence. */
export const sentence = (text: string): string =>
  // `user:1 took …` begins with a name, which is written as it is.
  /^[a-z]+(?![\w:./-])/.test(text) ? text.charAt(0).toUpperCase() + text.slice(1) : text;

/** `NotEnoughData` → `Not enough data`: reason words as people read them. */
export const words = (reason: string): string => {
  const spaced = reason.replace(/([a-z0-9])([A-Z])/g, '$1 $2').toLowerCase();
  return sentence(spaced);
};

/** A range of expected values: `3 to 5`, or the one value where there is no room. */
export function bandText([low, high]: readonly [number, number], unit: string): string {
  const [from, to] = [withUnit(low, unit), withUnit(high, unit)];
  return from === to ? from : `${from} to ${to}`;
}

/** The newest value that is known. */
export const newest = (column: ReadonlyArray<number | null>): number | undefined =>
  column.reduceRight<number | undefined>((found, one) => found ?? one ?? undefined, undefined);

/** A field's value before or after, short enough for a table cell. */
export function jsonText(value: unknown): string {
  if (value === undefined || value === null) {
    return '(none)';
  }
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return text.length > 400 ? `${text.slice(0, 400)}…` : text;
}
