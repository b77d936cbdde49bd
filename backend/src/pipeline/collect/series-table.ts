import { targetKey, type Target, type WatchedQuery } from '../../model/index.ts';

/** One row of the table: a query's value for one target. Rows are dense integers and are never reused. */
export interface SeriesRow {
  readonly row: number;
  readonly key: string;
  readonly query: WatchedQuery;
  readonly target: Target;
  readonly targetKey: string;
}

/** Identity of a series → row. The identity is the text itself, never a hash of it. */
export interface SeriesTable {
  readonly size: number;
  rowOf(query: WatchedQuery, target: Target): SeriesRow;
  at(row: number): SeriesRow;
  rowsOf(targetKey: string): readonly SeriesRow[];
}

/** Owns the identity of all series of this process; `onNew` is called once for each. */
export function createSeriesTable(onNew: (row: SeriesRow) => void): SeriesTable {
  const rows: SeriesRow[] = [];
  const byKey = new Map<string, SeriesRow>();
  const byTarget = new Map<string, SeriesRow[]>();
  const add = (key: string, query: WatchedQuery, target: Target): SeriesRow => {
    const added: SeriesRow = { row: rows.length, key, query, target, targetKey: targetKey(target) };
    rows.push(added);
    byKey.set(key, added);
    byTarget.set(added.targetKey, [...(byTarget.get(added.targetKey) ?? []), added]);
    onNew(added);
    return added;
  };
  return {
    get size() {
      return rows.length;
    },
    rowOf(query, target) {
      const key = `${query.name}|${targetKey(target)}`;
      return byKey.get(key) ?? add(key, query, target);
    },
    at(row) {
      const found = rows[row];
      if (!found) throw new RangeError(`no series has row ${row}`);
      return found;
    },
    rowsOf: (key) => byTarget.get(key) ?? [],
  };
}
