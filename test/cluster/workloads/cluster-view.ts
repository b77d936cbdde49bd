import type { KubeObject } from '../runtime.ts';

/** The objects of the cluster as informers have them, by kind (`Pod`, `Deployment`, …). */
export interface ClusterView {
  list(kind: string): readonly KubeObject[];
}

/** Does a label selector of the plain kind (a Service's) pick these labels? */
export const picks = (selector: Readonly<Record<string, string>>, labels: Readonly<Record<string, string>>): boolean =>
  Object.entries(selector).every(([key, value]) => labels[key] === value);
