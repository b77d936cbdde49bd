import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { gunzipSync } from 'node:zlib';

/** What scores a table: `scoreTable` of the detection pipeline, handed in by whoever wires the command. */
export type Judge = (table: {
  readonly times: Float64Array;
  readonly columns: readonly Float64Array[];
  readonly range?: readonly [number, number];
}) => { readonly scores: Float64Array; readonly anomalyScores: Float64Array };

export interface ScoreOptions {
  readonly out: string;
  /** Known bounds of all values. */
  readonly range?: readonly [number, number];
}

export interface ScoredFile {
  readonly input: string;
  readonly output: string;
  readonly rows: number;
  readonly columns: number;
}

/** Columns that are for who judges the detector, not for the detector: they pass through unread. */
const passedThrough: ReadonlySet<string> = new Set(['label', 'split']);
const tableName = /[.]csv([.]gz)?$/;

/** The tables under a path, each with its place relative to the folder that was named. */
function tablesIn(path: string): readonly (readonly [string, string])[] {
  if (!statSync(path).isDirectory()) return [[path, basename(path)]];
  return readdirSync(path, { recursive: true, encoding: 'utf8' })
    .filter((name) => tableName.test(name))
    .sort()
    .map((name) => [join(path, name), name] as const);
}

const textOf = (path: string): string =>
  path.endsWith('.gz') ? gunzipSync(readFileSync(path)).toString('utf8') : readFileSync(path, 'utf8');

/** Unix seconds, or a text without zone that is UTC. NaN when it is neither. */
export function timeOf(text: string): number {
  const number = Number(text);
  if (Number.isFinite(number) && text.trim() !== '') return number;
  const zoned = /(Z|[+-][0-9]{2}:?[0-9]{2})$/.test(text) ? text : `${text.trim().replace(' ', 'T')}Z`;
  return Date.parse(zoned) / 1000;
}

interface Parsed {
  readonly header: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

function parsed(path: string): Parsed {
  const lines = textOf(path).trim().split('\n');
  const header = (lines[0] ?? '').trim().split(',');
  if (header[0] !== 'timestamp' || header.length < 2)
    throw new Error(`${path}: the first column must be "timestamp", and at least one must follow`);
  return { header, rows: lines.slice(1).map((line) => line.trim().split(',')) };
}

/** Empty and unreadable values are missing ones. */
const numberIn = (text: string | undefined): number => (text === undefined || text === '' ? NaN : Number(text));

/** One table in, one out: its times, `score` (point), `anomaly_score` (incident) and what passed through. */
export function scoredText(path: string, judge: Judge, range?: readonly [number, number]) {
  const { header, rows } = parsed(path);
  const values = header.flatMap((name, c) => (c > 0 && !passedThrough.has(name) ? [c] : []));
  const kept = header.flatMap((name, c) => (passedThrough.has(name) ? [c] : []));
  const times = Float64Array.from(rows, (row, i) => {
    const time = timeOf(row[0] ?? '');
    if (Number.isNaN(time)) throw new Error(`${path}:${i + 2}: "${row[0]}" is not a time`);
    return time;
  });
  const columns = values.map((c) => Float64Array.from(rows, (row) => numberIn(row[c])));
  const { scores, anomalyScores } = judge({ times, columns, ...(range && { range }) });
  const lines = [['timestamp', 'score', 'anomaly_score', ...kept.map((c) => header[c])].join(',')];
  rows.forEach((row, i) =>
    lines.push([row[0], scores[i], anomalyScores[i], ...kept.map((c) => row[c]?.trim())].join(',')),
  );
  return { text: `${lines.join('\n')}\n`, rows: rows.length, columns: columns.length };
}

/**
 * `kubewise score PATH… --out FOLDER`: runs CSV tables (also gzipped, also whole folders) through the detectors of `serve`
 * and writes one CSV per table under the same relative name.
 * @throws Error naming file and line for what is not a table
 */
export function scoreFiles(
  paths: readonly string[],
  judge: Judge,
  { out, range }: ScoreOptions,
): readonly ScoredFile[] {
  return paths.flatMap(tablesIn).map(([input, name]) => {
    const { text, rows, columns } = scoredText(input, judge, range);
    const output = join(out, name.replace(tableName, '.csv'));
    mkdirSync(dirname(output), { recursive: true });
    writeFileSync(output, text);
    return { input, output, rows, columns };
  });
}
