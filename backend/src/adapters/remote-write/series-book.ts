import { ByteKeys } from './byte-keys.ts';
import { labelsOf } from './decode.ts';
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
  readonly #byName = new Map<string, Set<Row>>();
  /** What a selector selects, until a series comes or goes. */
  #selected = new WeakMap<Selector, readonly Row[]>();
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
  selected(selector: Selector): readonly Row[] {
    const known = this.#selected.get(selector);
    if (known) return known;
    const rows = [...(this.#byName.get(selector.name) ?? [])].filter(({ labels }) => selects(selector, labels));
    this.#selected.set(selector, rows);
    return rows;
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
    this.#selected = new WeakMap();
    this.#rows[known.row] = undefined;
    this.#free.push(known.row);
    this.#byName.get(known.labels['__name__'] ?? '')?.delete(known);
  }

  #forgetClosed(): void {
    this.#keys = this.#keys.filtered((row) => row >= 0 && this.#rows[row] !== undefined);
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
    this.#selected = new WeakMap();
    const { __name__: name = '', ...nameless } = labels;
    const known = { row, labels, nameless };
    this.#rows[row] = known;
    this.rings.open(row);
    const others = this.#byName.get(name);
    if (others) others.add(known);
    else this.#byName.set(name, new Set([known]));
    return row;
  }
}

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
