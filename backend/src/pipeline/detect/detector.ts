import type { Severity } from '../../model/index.ts';

/** What detection must know of a series; `range` is a known pair of bounds of its value (a ratio, a limit). */
export interface SeriesInfo {
  readonly metricType: string;
  /** Which direction is bad news; the other one never raises the state. */
  readonly direction: 'up' | 'down' | 'both';
  readonly range?: readonly [number, number];
  readonly key: string;
  readonly targetKey: string;
}

/**
 * What a sample may do. `none`: raise the state and be learnt. `changing`: the target is being changed by somebody: neither.
 * `failing`: an incident is open: raise or end the state, but an outage is not learnt as the new normal.
 */
export const sampleMasks = { none: 0, changing: 1, failing: 2 } as const;

/** One round: parallel arrays of `count` valid entries, one timestamp (Unix seconds). */
export interface Batch {
  readonly rows: Uint32Array;
  readonly values: Float64Array;
  readonly masked: Uint8Array;
  readonly timestamp: number;
  readonly count: number;
}

/**
 * What every detector of a single column is. A surprise is S = -log10 p, p the probability of such a value in the
 * healthy past; 0 when nothing can be said. `score` changes nothing, so that a masked sample can be judged but not learnt.
 */
export interface Detector {
  /** Makes room for rows 0…size-1. */
  grow(size: number): void;
  score(row: number, value: number, timestamp: number): number;
  learn(row: number, value: number, timestamp: number): void;
}

export type SeriesState = 'learning' | 'normal' | 'anomalous';

export interface View {
  readonly name: string;
  readonly surprise: number;
  /** Part of the fused surprise, 0…1; the shares of one explanation sum to 1. */
  readonly share: number;
}

/** What is usual for a row by now: the expected value, and the band in which a value stays below the threshold. */
export interface Expectation {
  readonly expected: number;
  readonly band: readonly [number, number];
}

/** Why the last sample of a row was judged as it was. */
export interface Explanation extends Expectation {
  readonly threshold: number;
  readonly views: readonly View[];
  readonly sentence: string;
  readonly severity: Severity;
  /** 0…1: how much healthy history stands behind the judgement. */
  readonly confidence: number;
  /** What the feedback forest learns from; stored with the anomaly. */
  readonly features: Readonly<Record<string, number>>;
}

export interface DetectionOptions {
  /** Score threshold per metric type; key `default` for the rest. */
  readonly thresholds: Readonly<Record<string, number>>;
}

export interface Detection {
  /** Rows are dense; adding a known row resets it. */
  add(row: number, info: SeriesInfo): void;
  /** Scores, then learns, as far as each entry's mask allows. */
  observe(batch: Batch): void;
  /** History: learns, raises nothing. */
  replay(batch: Batch): void;
  /** By row: calibrated point score 0…1 of the last sample. */
  readonly scores: Float32Array;
  /** By row: incident output after the alert policy, 0…1. */
  readonly incidentScores: Float32Array;
  stateOf(row: number): SeriesState;
  explain(row: number): Explanation;
  /** The part of the explanation that every series is asked for in every round. */
  expectation(row: number): Expectation;
  thresholdOf(row: number): number;
  setThresholds(thresholds: Readonly<Record<string, number>>): void;
  /** An accepted change: the level may be another one from here on, the noise and the rhythm stay known. */
  regime(row: number): void;
  forget(row: number): void;
  /** A new row of an old workload starts from the old row's baseline. */
  inherit(from: number, to: number): void;
  /** Versioned and checksummed; rows are identified by their keys. */
  snapshot(): Uint8Array;
  /** False when the bytes are not a whole snapshot of this version: nothing is changed then. */
  restore(bytes: Uint8Array): boolean;
}

/** A detection that learns from people. */
export interface TaughtDetection extends Detection {
  /** A verdict on what was explained of a row just now, or on features that were stored with an anomaly. */
  feedback(what: number | Readonly<Record<string, number>>, truePositive: boolean): void;
}
