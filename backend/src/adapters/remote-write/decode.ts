/** Why a body is not a remote-write request. */
export class MalformedBody extends Error {}

/** What the decoder calls; nothing is allocated per sample. */
export interface WriteVisitor {
  /**
   * Is it the series that comes next, as a rule, whose label fields begin at `from`? If so, these samples are its own
   * and the answer is where its labels end. `unexpected` when it is not, `skipped` when no sample of it is wanted.
   */
  expected(bytes: Uint8Array, from: number, to: number): number;
  /** The series of the samples that follow: its label fields as raw bytes. Answer false to skip its samples. */
  series(bytes: Uint8Array, from: number, to: number): boolean;
  /** Time in milliseconds since 1970. `stale`: the sender says that the series ended. */
  sample(value: number, time: number, stale: boolean): void;
}

/** What `expected` says when it does not know where the labels end, and when nobody needs to. */
export const [unexpected, skipped] = [-1, -2];

// Wire types of protobuf: https://protobuf.dev/programming-guides/encoding/
const varint = 0;
const eight = 1;
const lengthed = 2;
const four = 5;

/** Prometheus' StaleNaN is 0x7ff0000000000002: only its bits tell it from other NaNs. */
const staleHigh = 0x7ff00000;
const staleLow = 2;

const textDecoder = new TextDecoder('utf-8', { fatal: true });

/**
 * Decodes `prometheus.WriteRequest` (remote write 1.0): field 1 holds the series, each with labels (1) and samples (2).
 * Metadata, exemplars and native histograms are passed over. Throws MalformedBody; what came before it was visited.
 */
export class WriteDecoder {
  #bytes: Uint8Array = new Uint8Array(0);
  #view: DataView = new DataView(new ArrayBuffer(0));
  #at = 0;

  decode(bytes: Uint8Array, visitor: WriteVisitor): void {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#at = 0;
    while (this.#at < bytes.length) {
      const tag = this.#number();
      if (tag === 0x0a) this.#series(this.#end(bytes.length), visitor);
      else this.#skip(tag, bytes.length);
    }
  }

  /** Most messages are a series that was expected and its sample: nothing of their labels is read but compared. */
  #series(end: number, visitor: WriteVisitor): void {
    const samples = visitor.expected(this.#bytes, this.#at, end);
    if (samples === skipped) this.#at = end;
    else if (samples !== unexpected && this.#areSamples(samples, end)) this.#samples(samples, end, visitor);
    else this.#unexpected(end, visitor);
  }

  /** Samples of less than 128 bytes each, and nothing else. */
  #areSamples(from: number, end: number): boolean {
    let at = from;
    while (at < end && this.#bytes[at] === 0x12) {
      const length = this.#bytes[at + 1] ?? 255;
      if (length > 127) return false;
      at += 2 + length;
    }
    return at === end;
  }

  /** Labels come before samples from every sender known; two walks keep us right for the others. */
  #unexpected(end: number, visitor: WriteVisitor): void {
    const start = this.#at;
    let [from, to, whole] = [-1, -1, true];
    let samples = -1;
    while (this.#at < end) {
      const field = this.#at;
      const tag = this.#number();
      if (tag === 0x12 && samples < 0) samples = field;
      this.#skip(tag, end);
      if (tag !== 0x0a) continue;
      if (from < 0) from = field;
      else if (field !== to) whole = false;
      to = this.#at;
    }
    const wanted = whole ? visitor.series(this.#bytes, from, to) : this.#scattered(start, end, visitor);
    if (wanted && samples >= 0) this.#samples(samples, end, visitor);
    this.#at = end;
  }

  /** Labels with something between them: brought together first. */
  #scattered(start: number, end: number, visitor: WriteVisitor): boolean {
    const together: number[] = [];
    this.#at = start;
    while (this.#at < end) {
      const field = this.#at;
      const tag = this.#number();
      this.#skip(tag, end);
      if (tag === 0x0a) together.push(...this.#bytes.subarray(field, this.#at));
    }
    return visitor.series(Uint8Array.from(together), 0, together.length);
  }

  #samples(from: number, end: number, visitor: WriteVisitor): void {
    this.#at = from;
    while (this.#at < end) {
      const tag = this.#number();
      if (tag === 0x12) this.#sample(this.#end(end), visitor);
      else this.#skip(tag, end);
    }
  }

  #sample(end: number, visitor: WriteVisitor): void {
    let value = 0;
    let time = 0;
    let stale = false;
    while (this.#at < end) {
      const tag = this.#number();
      if (tag === 0x09) {
        if (this.#at + 8 > end) throw new MalformedBody('a value is cut off');
        value = this.#view.getFloat64(this.#at, true);
        stale = value !== value && this.#isStale(this.#at);
        this.#at += 8;
      } else if (tag === 0x10) time = this.#number();
      else this.#skip(tag, end);
    }
    if (this.#at !== end) throw new MalformedBody('a sample is longer than it says');
    visitor.sample(value, time, stale);
  }

  #isStale(at: number): boolean {
    return this.#view.getUint32(at + 4, true) === staleHigh && this.#view.getUint32(at, true) === staleLow;
  }

  /** A varint read as int64. From 0 to 2^53 it is exact; negative ones, times before 1970, are rounded. */
  #number(): number {
    const bytes = this.#bytes;
    let byte = bytes[this.#at++] ?? 255;
    if (byte < 128) return byte;
    let result = byte & 127;
    let weight = 128;
    for (let i = 1; i < 10; i += 1) {
      const next = bytes[this.#at++];
      if (next === undefined) throw new MalformedBody('the body is cut off');
      byte = next;
      // The tenth byte is the sign of a negative number: two's complement over 64 bits.
      if (i === 9 && byte === 1) return result - 2 ** 63;
      result += (byte & 127) * weight;
      if (byte < 128) return result;
      weight *= 128;
    }
    throw new MalformedBody('a number has more than ten bytes');
  }

  /** Reads a length; answers where that field ends. */
  #end(within: number): number {
    const length = this.#number();
    const end = this.#at + length;
    if (length < 0 || end > within) throw new MalformedBody('a field is longer than what holds it');
    return end;
  }

  #skip(tag: number, within: number): void {
    const kind = tag & 7;
    if (tag < 8) throw new MalformedBody('field number 0');
    if (kind === lengthed) this.#at = this.#end(within);
    else if (kind === varint) this.#number();
    else if (kind === eight) this.#at += 8;
    else if (kind === four) this.#at += 4;
    else throw new MalformedBody(`wire type ${kind} is not known`);
    if (this.#at > within) throw new MalformedBody('the body is cut off');
  }
}

/** The labels of a series from their raw bytes. Throws MalformedBody when they are not UTF-8, or one stands twice. */
export function labelsOf(bytes: Uint8Array, from: number, to: number): Readonly<Record<string, string>> {
  const labels: Record<string, string> = {};
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let at = from;
  const length = (): number => {
    let [result, weight] = [0, 1];
    for (;;) {
      const byte = at < to ? bytes[at++] : undefined;
      if (byte === undefined || weight > 2 ** 28) throw new MalformedBody('a label is cut off');
      result += (byte & 127) * weight;
      if (byte < 128) return result;
      weight *= 128;
    }
  };
  const text = (size: number): string => {
    at += size;
    if (at > to) throw new MalformedBody('a label is cut off');
    return isAscii(buffer, at - size, at)
      ? buffer.toString('latin1', at - size, at)
      : decoded(buffer.subarray(at - size, at));
  };
  while (at < to) {
    at += 1;
    const end = length() + at;
    let [name, value] = ['', ''];
    while (at < end) {
      const tag = bytes[at++];
      if (tag === 0x0a) name = text(length());
      else if (tag === 0x12) value = text(length());
      else throw new MalformedBody('a label has an unknown field');
    }
    if (Object.hasOwn(labels, name)) throw new MalformedBody(`the label ${name} stands twice`);
    // A plain assignment to this name would do something else.
    if (name === '__proto__') Object.defineProperty(labels, name, { value, enumerable: true });
    else labels[name] = value;
  }
  return labels;
}

/** Nearly all text of labels: it needs no decoder. */
function isAscii(bytes: Uint8Array, from: number, to: number): boolean {
  let all = 0;
  for (let i = from; i < to; i += 1) all |= bytes[i] ?? 0;
  return all < 128;
}

function decoded(bytes: Uint8Array): string {
  try {
    return textDecoder.decode(bytes);
  } catch {
    throw new MalformedBody('a label is not UTF-8');
  }
}
