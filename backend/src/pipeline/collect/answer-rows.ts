import { targetKey, type QuerySeries, type Topology, type WatchedQuery } from '../../model/index.ts';
import { aggregate, combine } from './aggregate.ts';
import type { SeriesRow, SeriesTable } from './series-table.ts';
import { targetOf } from './target-of.ts';

type Labels = QuerySeries['labels'];
type Answer = readonly QuerySeries[];
type Take = (row: SeriesRow, value: number) => void;

/** The answers of one query, round after round, brought to rows. */
export interface AnswerRows {
  /** Gives each owner's row its value at the last instant of the answer, unless that is not finite. See `aggregate`. */
  read(answer: Answer, topology: Topology, take: Take): void;
}

/** Nothing names an owner of such a series. */
const nobodys = -1;
/** A series that is not the one that came here last time: so many further ones are tried before it counts as new. */
const ahead = 8;

/** Where the series of an answer belong: each owner has a seat. Answers come as they came before, but for a few series. */
class Seating {
  #labels: Labels[] = [];
  #seats: number[] = [];

  forget(): void {
    this.#labels = [];
    this.#seats = [];
  }

  /** The seats of these series in their order; `find` is asked about those that are new here. */
  of(answer: Answer, find: (labels: Labels) => number): readonly number[] {
    const most = Math.min(answer.length, this.#labels.length);
    let same = 0;
    while (same < most && areSame(this.#labels[same], answer[same]?.labels)) same += 1;
    if (same < answer.length) this.#seatAgain(answer, same, find);
    return this.#seats;
  }

  #seatAgain(answer: Answer, from: number, find: (labels: Labels) => number): void {
    const labels = this.#labels.slice(0, from);
    const seats = this.#seats.slice(0, from);
    let at = from;
    for (let i = from; i < answer.length; i += 1) {
      const own = answer[i]?.labels ?? {};
      const known = this.#after(at, own);
      if (known !== undefined) at = known + 1;
      labels.push(own);
      seats.push((known === undefined ? undefined : this.#seats[known]) ?? find(own));
    }
    this.#labels = labels;
    this.#seats = seats;
  }

  #after(at: number, labels: Labels): number | undefined {
    for (let i = at; i < at + ahead; i += 1) if (areSame(this.#labels[i], labels)) return i;
    return undefined;
  }
}

function areSame(one: Labels | undefined, other: Labels | undefined): boolean {
  if (one === other) return true;
  if (!one || !other) return false;
  let [names, others] = [0, 0];
  for (const name in one) {
    if (one[name] !== other[name]) return false;
    names += 1;
  }
  for (const _ in other) others += 1;
  return names === others;
}

/** One value of each series, all at the same instant: what an instant query answers. */
function isInstant(answer: Answer): boolean {
  const first = answer[0]?.timestamps;
  if (first?.length !== 1) return false;
  return answer.every(
    ({ timestamps }) => timestamps === first || (timestamps.length === 1 && timestamps[0] === first[0]),
  );
}

export function createAnswerRows(query: WatchedQuery, table: SeriesTable): AnswerRows {
  const seating = new Seating();
  const rows: SeriesRow[] = [];
  const seats = new Map<SeriesRow, number>();
  let totals = new Float64Array(0);
  let counts = new Uint32Array(0);
  let revision: number | undefined;
  const fold = combine[query.aggregate];

  function seatOf(labels: Labels, topology: Topology): number {
    const target = targetOf(labels, query, topology);
    if (!target) return nobodys;
    const row = table.rowOf(query, target, targetKey(target));
    const seat = seats.get(row) ?? rows.push(row) - 1;
    seats.set(row, seat);
    return seat;
  }

  /** What is remembered holds as long as the topology says that owners are what they were. */
  function seatsOf(answer: Answer, topology: Topology): readonly number[] {
    const now = topology.revision?.();
    if (now === undefined || now !== revision) seating.forget();
    revision = now;
    return seating.of(answer, (labels) => seatOf(labels, topology));
  }

  function clear(): void {
    if (counts.length < rows.length) {
      totals = new Float64Array(rows.length * 2);
      counts = new Uint32Array(rows.length * 2);
    }
    counts.fill(0);
  }

  function add(seat: number, value: number): void {
    const count = counts[seat] ?? 0;
    totals[seat] = count === 0 ? value : fold(totals[seat] ?? NaN, value);
    counts[seat] = count + 1;
  }

  function give(take: Take): void {
    rows.forEach((row, seat) => {
      const count = counts[seat] ?? 0;
      if (count === 0) return;
      const value = (totals[seat] ?? NaN) / (query.aggregate === 'mean' ? count : 1);
      if (Number.isFinite(value)) take(row, value);
    });
  }

  return {
    read(answer, topology, take) {
      if (!isInstant(answer)) return overTime(query, table, answer, topology, take);
      const order = seatsOf(answer, topology);
      clear();
      for (let i = 0; i < answer.length; i += 1) {
        const value = answer[i]?.newest ?? answer[i]?.values[0] ?? NaN;
        const seat = order[i] ?? nobodys;
        if (seat !== nobodys && Number.isFinite(value)) add(seat, value);
      }
      give(take);
    },
  };
}

function overTime(query: WatchedQuery, table: SeriesTable, answer: Answer, topology: Topology, take: Take): void {
  for (const column of aggregate(query, answer, topology)) {
    const value = column.values.at(-1) ?? NaN;
    if (Number.isFinite(value)) take(table.rowOf(query, column.target, column.targetKey), value);
  }
}
