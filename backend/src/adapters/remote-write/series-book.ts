import { ByteKeys } from './byte-keys.ts';
import { labelsOf, skipped, unexpected } from './decode.ts';
import { selects, type Selector } from './promql.ts';
import { SampleRings } from './sample-rings.ts';

type Labels = Readonly<Record<string, string>>;

/** One series that is kept. */
export interface Row {
  readonly row: number;
  readonly labels: Labels;
  /** The same without `__name__`. */
  readonly nameless: Labels;
}
export interface BookOptions {
  /** May narrow what the selectors let in. */
  readonly accepts: (labels: Labels) => boolean;
  /** Series kept at most, and series known at most that are not wanted. */
  readonly maxSeries: number;
}

/** What `rowOf` says about series that are not kept. */
export const unwanted = -1;
const full = -2;

/** Metric names seen at most; beyond them a name is looked at every time. */
const maxNames = 50_000;

/** What a selector selects among namesakes; so many of them have been looked at. */
interface Selection {
  readonly among: readonly Row[];
  looked: number;
  readonly rows: Row[];
}
const nobody: readonly Row[] = [];

/** Which series there are, by the raw bytes of their labels: identity without a string per sample. */
export class SeriesBook {
  readonly rings = new SampleRings();
  readonly #options: BookOptions;
  #selectors: readonly Selector[] = [];
  #wanted: ReadonlySet<string> = new Set();
  /** Metric name field → 1 wanted, 0 not: most of what a Prometheus pushes is of no interest here. */
  #names = new ByteKeys();
  #keys = new ByteKeys();
  readonly #rows: (Row | undefined)[] = [];
  readonly #free: number[] = [];
  /** In the order in which they came. A list only grows; when some of it go it becomes another one. */
  readonly #byName = new Map<string, Row[]>();
  readonly #selections = new WeakMap<Selector, Selection>();
  #refused = 0;

  constructor(options: BookOptions) {
    this.#options = options;
  }

  /** From now on these decide what is kept; series that they do not select are forgotten. */
  want(selectors: readonly Selector[]): void {
    this.#selectors = selectors;
    this.#wanted = new Set(selectors.map(({ name }) => name));
    for (const known of this.#rows) if (known && !this.#isWanted(known.labels)) this.#close(known);
    // What was not wanted may be now: it has to be looked at again.
    this.#names = new ByteKeys();
    this.#forgetClosed();
  }

  get size(): number {
    return this.#rows.length - this.#free.length;
  }
  /** Wanted series that found no room, since the start. */
  get refused(): number {
    return this.#refused;
  }
  get bytes(): number {
    return this.rings.bytes + this.#keys.bytes + this.#names.bytes;
  }
  /** The same list again, longer by what came; another one when something of that name went. */
  selected(selector: Selector): readonly Row[] {
    const among = this.#byName.get(selector.name);
    if (!among) return nobody;
    const before = this.#selections.get(selector);
    const selection = before?.among === among ? before : { among, looked: 0, rows: [] };
    for (; selection.looked < among.length; selection.looked += 1) {
      const one = among[selection.looked];
      if (one && selects(selector, one.labels)) selection.rows.push(one);
    }
    this.#selections.set(selector, selection);
    return selection.rows;
  }

  /** The row of the series that was expected and came. */
  get row(): number {
    return this.#keys.found;
  }
  /** See WriteVisitor.expected. */
  expected(bytes: Uint8Array, from: number, to: number): number {
    const end = this.#keys.expected(bytes, from, to);
    // One more label, and it is another series.
    if (end >= 0 && bytes[end] !== labelTag) return this.row >= 0 ? end : skipped;
    const name = nameEnd(bytes, from, to);
    return name >= 0 && this.#names.find(bytes, from, name) === 0 ? skipped : unexpected;
  }

  /** The row of these label bytes, or a negative number when the series is not kept. */
  rowOf(bytes: Uint8Array, from: number, to: number): number {
    if (!this.#nameIsWanted(bytes, from, to)) return unwanted;
    return this.#keys.find(bytes, from, to) ?? this.#enter(bytes, from, to);
  }

  /** Forgets series without a sample since `before` (ms), and what was not wanted then. */
  sweep(before: number): void {
    for (const known of this.#rows) if (known && this.rings.newest(known.row) < before) this.#close(known);
    this.#forgetClosed();
  }

  #close(known: Row): void {
    this.#rows[known.row] = undefined;
    this.#free.push(known.row);
  }

  #forgetClosed(): void {
    this.#keys = this.#keys.filtered((row) => row >= 0 && this.#rows[row] !== undefined);
    for (const [name, namesakes] of this.#byName) {
      const left = namesakes.filter((one) => this.#rows[one.row] === one);
      if (left.length === 0) this.#byName.delete(name);
      else if (left.length < namesakes.length) this.#byName.set(name, left);
    }
  }

  /** Labels are sorted (the specification says so), so the name comes first unless a label begins with A to Z. */
  #nameIsWanted(bytes: Uint8Array, from: number, to: number): boolean {
    const end = nameEnd(bytes, from, to);
    if (end < 0) return true;
    const known = this.#names.find(bytes, from, end);
    if (known !== undefined) return known === 1;
    const is = this.#wanted.has(labelsOf(bytes, from, end)['__name__'] ?? '');
    if (this.#names.size < maxNames) this.#names.add(bytes, from, end, is ? 1 : 0);
    return is;
  }

  #enter(bytes: Uint8Array, from: number, to: number): number {
    const labels = labelsOf(bytes, from, to);
    const row = this.#isWanted(labels) ? this.#open(labels) : unwanted;
    if (this.#keys.size < 2 * this.#options.maxSeries && row !== full) this.#keys.add(bytes, from, to, row);
    return row;
  }

  #isWanted(labels: Labels): boolean {
    const { accepts } = this.#options;
    return this.#selectors.some((one) => one.name === labels['__name__'] && selects(one, labels)) && accepts(labels);
  }

  #open(labels: Labels): number {
    const row = this.#free.pop() ?? this.#rows.length;
    if (row >= this.#options.maxSeries) {
      this.#refused += 1;
      return full;
    }
    const { __name__: name = '', ...nameless } = labels;
    const known = { row, labels, nameless };
    this.#rows[row] = known;
    this.rings.open(row);
    const namesakes = this.#byName.get(name);
    if (namesakes) namesakes.push(known);
    else this.#byName.set(name, [known]);
    return row;
  }
}

const labelTag = 0x0a;
/** `__name__` as the first label's name, in a field of its own: 0a, length, 0a, 8, __name__. */
const nameField = new TextEncoder().encode('__name__');
/** Where the first label ends when it is the name, else -1. Names longer than 110 bytes take the long way. */
function nameEnd(bytes: Uint8Array, from: number, to: number): number {
  const length = bytes[from + 1] ?? 255;
  const end = from + 2 + length;
  if (length > 127 || end > to || bytes[from + 2] !== 0x0a || bytes[from + 3] !== nameField.length) return -1;
  for (let i = 0; i < nameField.length; i += 1) if (bytes[from + 4 + i] !== nameField[i]) return -1;
  return end;
}
