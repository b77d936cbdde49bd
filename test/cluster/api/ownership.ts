import type { KubeObject } from '../runtime.ts';

/** Who writes, for metadata.managedFields. */
export interface Writer {
  readonly manager: string;
  readonly subresource: string | undefined;
  readonly time: string;
  readonly model: string | undefined;
  readonly apiVersion: string;
}

export const trackUpdate = (_old: KubeObject | undefined, object: KubeObject, _who: Writer): KubeObject => object;
export const trackApply = (
  _old: KubeObject | undefined,
  object: KubeObject,
  _applied: { readonly object: KubeObject; readonly force: boolean },
  _who: Writer,
): KubeObject => object;
