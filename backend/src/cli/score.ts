import { createReadStream, createWriteStream, mkdirSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { UsageError } from './exit.ts';

/** Makes a scorer of rows: `createRowScorer` of the detection pipeline, handed in by whoever wires the command. */
export type Judge = (
  columns: number,
  range?: readonly [number, number],
) => (time: number, values: Float64Array) => { readonly score: number; readonly anomalyScore: number };

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
/** What this command adds. Columns of these names in a table are what an earlier run added: neither read nor kept. */
const added: ReadonlySet<string> = new Set(['score', 'anomaly_score']);
const tableName = /[.]csv([.]gz)?$/;

/** The tables under a path, each with its place relative to the folder that was named. */
function tablesIn(path: string): readonly (readonly [string, string])[] {
  const found = statSync(path, { throwIfNoEntry: false });
  if (!found) throw new UsageError(`there is no table or folder ${path}`);
  if (!found.isDirectory()) return [[path, basename(path)]];
  return readdirSync(path, { recursive: true, encoding: 'utf8' })
    .filter((name) => tableName.test(name))
    .sort()
    .map((name) => [join(path, name), name] as const);
}

/** Unix seconds, or a text without zone that is UTC. NaN when it is neither. */
export function timeOf(text: string): number {
  const number = Number(text);
  if (Number.isFinite(number) && text.trim() !== '') return number;
  const zoned = /(Z|[+-][0-9]{2}:?[0-9]{2})$/.test(text) ? text : `${text.trim().replace(' ', 'T')}Z`;
  return Date.parse(zoned) / 1000;
}

/** Empty and unreadable values are missing ones. */
const numberIn = (text: string | undefined): number => (text === undefined || text.trim() === '' ? NaN : Number(text));

/** Which cells of a row are values, and which are kept. */
interface Header {
  readonly names: readonly string[];
  readonly values: readonly number[];
  readonly kept: readonly number[];
}

function headerOf(path: string, line: string): Header {
  const names = line.split(',').map((name) => name.trim());
  const places = names.map((_, place) => place);
  const kept = places.filter((place) => !added.has(names[place] ?? ''));
  const values = kept.filter((place) => place > 0 && !passedThrough.has(names[place] ?? ''));
  if (names[0] !== 'timestamp' || values.length === 0)
    throw new Error(`${path}: the first column must be "timestamp", and at least one of values must follow`);
  return { names, values, kept };
}

async function* linesOf(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const chunk of chunks) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n');
    rest = lines.pop() ?? '';
    yield* lines;
  }
  yield rest + decoder.decode();
}

/** What one table amounts to, counted while it passes. */
interface Count {
  rows: number;
  columns: number;
}

/** Scores each line as it passes: no later line is known yet. */
async function* scoredLines(path: string, lines: AsyncIterable<string>, open: Open, count: Count) {
  let header: Header | undefined;
  let scorer: ReturnType<Judge> | undefined;
  let row = new Float64Array(0);
  let number = 0;
  for await (const raw of lines) {
    const line = raw.trimEnd();
    number += 1;
    if (line === '' && header) continue;
    if (!header || !scorer) {
      header = headerOf(path, line);
      scorer = open(header.values.length);
      row = new Float64Array(header.values.length);
      count.columns = row.length;
      yield [...header.kept.map((place) => header?.names[place]), ...added].join(',');
      continue;
    }
    const cells = line.split(',');
    if (cells.length > header.names.length)
      throw new Error(`${path}:${number}: ${cells.length} cells under ${header.names.length} columns`);
    const time = timeOf(cells[0] ?? '');
    if (Number.isNaN(time)) throw new Error(`${path}:${number}: "${cells[0]}" is not a time`);
    header.values.forEach((place, i) => (row[i] = numberIn(cells[place])));
    const { score, anomalyScore } = scorer(time, row);
    count.rows += 1;
    yield [...header.kept.map((place) => cells[place] ?? ''), score, anomalyScore].join(',');
  }
}
type Open = (columns: number) => ReturnType<Judge>;

/** Lines in pieces that are worth a write. */
async function* inPieces(lines: AsyncIterable<string>): AsyncGenerator<string> {
  let piece = '';
  for await (const line of lines) {
    piece += `${line}\n`;
    if (piece.length < 65_536) continue;
    yield piece;
    piece = '';
  }
  yield piece;
}

/** One table in, one out; until it is whole it has another name. */
async function scoreFile(input: string, output: string, open: Open): Promise<Count> {
  if (resolve(input) === resolve(output)) throw new Error(`${input}: the scored table would replace it`);
  const count = { rows: 0, columns: 0 };
  const unfinished = `${output}.part`;
  mkdirSync(dirname(output), { recursive: true });
  const scored = (chunks: AsyncIterable<Uint8Array>) => inPieces(scoredLines(input, linesOf(chunks), open, count));
  const bytes = createReadStream(input);
  const target = createWriteStream(unfinished);
  try {
    await (input.endsWith('.gz') ? pipeline(bytes, createGunzip(), scored, target) : pipeline(bytes, scored, target));
    renameSync(unfinished, output);
  } catch (error) {
    rmSync(unfinished, { force: true });
    throw error;
  }
  return count;
}

/**
 * `kubewise score PATH… --output FOLDER`: streams CSV tables (also gzipped, also whole folders) through the detectors of
 * `serve` and writes one CSV per table under the same relative name: its own columns, then `score` (point output) and
 * `anomaly_score` (incident output after the alert policy), both 0…1.
 * @throws Error naming file and line for what is not a table
 */
export async function scoreFiles(
  paths: readonly string[],
  judge: Judge,
  { out, range }: ScoreOptions,
): Promise<readonly ScoredFile[]> {
  const files: ScoredFile[] = [];
  for (const [input, name] of paths.flatMap(tablesIn)) {
    const output = join(out, name.replace(tableName, '.csv'));
    const count = await scoreFile(input, output, (columns) => judge(columns, range));
    files.push({ input, output, ...count });
  }
  return files;
}
