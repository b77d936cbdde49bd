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
  /** `key`: the target's key, where the caller has it. */
  rowOf(query: WatchedQuery, target: Target, key?: string): SeriesRow;
  at(row: number): SeriesRow;
  rowsOf(targetKey: string): readonly SeriesRow[];
}

/** Owns the identity of all series of this process; `onNew` is called once for each. */
export function createSeriesTable(onNew: (row: SeriesRow) => void): SeriesTable {
  const rows: SeriesRow[] = [];
  /** By the query's name, then by the target's key: no text is put together to find a row. */
  const byQuery = new Map<string, Map<string, SeriesRow>>();
  const byTarget = new Map<string, SeriesRow[]>();
  const add = (query: WatchedQuery, target: Target, key: string): SeriesRow => {
    const added: SeriesRow = { row: rows.length, key: `${query.name}|${key}`, query, target, targetKey: key };
    rows.push(added);
    const others = byQuery.get(query.name);
    if (others) others.set(key, added);
    else byQuery.set(query.name, new Map([[key, added]]));
    byTarget.set(added.targetKey, [...(byTarget.get(added.targetKey) ?? []), added]);
    onNew(added);
    return added;
  };
  return {
    get size() {
      return rows.length;
    },
    rowOf: (query, target, key = targetKey(target)) => byQuery.get(query.name)?.get(key) ?? add(query, target, key),
    at(row) {
      const found = rows[row];
      if (!found) throw new RangeError(`no series has row ${row}`);
      return found;
    },
    rowsOf: (key) => byTarget.get(key) ?? [],
  };
}
