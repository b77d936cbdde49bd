import { listBody, type Page } from './read.ts';
import { toView } from './views.ts';
import type { Call } from './context.ts';
import type { KubeObject } from '../runtime.ts';

export const present = (object: KubeObject, _call: Call): unknown => object;
export const presentList = (page: Page, _call: Call): unknown => listBody(page);
export const watchRender =
  (call: Call) =>
  (object: KubeObject): unknown =>
    toView(object, call.resource);
