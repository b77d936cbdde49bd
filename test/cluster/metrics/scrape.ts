import type { KubeObject } from '../runtime.ts';
import type { ClusterView, World } from '../workloads/index.ts';
import type { History } from './history.ts';
import type { Labels, Sink } from './store.ts';

/** All that an exporter looks at in one tick. */
export interface Scrape {
  readonly world: World;
  readonly cluster: ClusterView;
  readonly sink: Sink;
  readonly history: History;
  readonly now: number;
}

/** An exporter puts the samples of its component. */
export type Exporter = (scrape: Scrape) => void;

export const nameOf = (object: KubeObject): string => object['metadata'].name;
export const namespaceOf = (object: KubeObject): string => object['metadata'].namespace ?? '';
export const yes = (condition: boolean): number => (condition ? 1 : 0);

/** Seconds of an RFC 3339 time. */
export const secondsOf = (time: unknown): number => Math.floor(Date.parse(String(time)) / 1000);

export const instanceOf = (host: string, port: number): string => `${host}:${port}`;
export type { Labels };
