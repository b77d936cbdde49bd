/** A label matcher of PromQL; regular expressions are anchored at both ends, as in Prometheus. */
export interface Matcher {
  readonly name: string;
  readonly op: '=' | '!=' | '=~' | '!~';
  readonly value: string;
}

/** One series; `labels` contains `__name__`. */
export interface StoredSeries {
  readonly labels: Readonly<Record<string, string>>;
  /** Unix seconds of cluster time, ascending. */
  readonly timestamps: Float64Array;
  /** One NaN after the last sample says that the series ended (Prometheus' stale marker). */
  readonly values: Float64Array;
}

/** Where the embedded PromQL gets its samples. */
export interface SeriesSource {
  /** All series that every matcher fits, with their samples in [from, to]; series without a sample there are left out. */
  select(matchers: readonly Matcher[], from: number, to: number): readonly StoredSeries[];
}
