import { targetName, type Target } from '../../model/index.ts';
import type { WireTarget } from '../wire/basic.ts';

/** Unix seconds → RFC 3339 in UTC. */
export const timeOf = (seconds: number): string => new Date(Math.round(seconds * 1000)).toISOString();
/** RFC 3339 → Unix seconds. */
export const secondsOf = (time: string): number => Date.parse(time) / 1000;

/** The end that was asked for, as a time or as a duration (Unix s). */
export const endOf = (ask: { until?: string | undefined; forSeconds?: number | undefined }, now: number): number =>
  ask.until === undefined ? now + (ask.forSeconds ?? 0) : secondsOf(ask.until);

export const targetOf = ({ cluster, kind, namespace, name }: Target): WireTarget => ({
  ...{ cluster, kind, namespace, name },
  label: targetName({ kind, namespace, name }),
});

type Times<T> = { readonly [K in keyof T]?: string };
/** Optional times under their names; those that are absent stay absent. */
export const timesOf = <T extends Readonly<Record<string, number | undefined>>>(times: T): Times<T> =>
  Object.fromEntries(
    Object.entries(times).flatMap(([key, value]) => (value === undefined ? [] : [[key, timeOf(value)]])),
  ) as Times<T>;

/** The fields that have a value. */
export const present = <T extends object>(fields: T): { [K in keyof T]?: Exclude<T[K], undefined> } =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: Exclude<T[K], undefined>;
  };

/** Columns may hold what JSON cannot say. */
export const finite = (value: number): number | null => (Number.isFinite(value) ? value : null);
/** Single numbers that must be numbers on the wire. */
export const orZero = (value: number): number => (Number.isFinite(value) ? value : 0);
