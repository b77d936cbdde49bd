import { listBody, type Page } from './read.ts';
import { wantsMetadata, wantsTable, asMetadata, rowOf, tableOf } from './table.ts';
import { apiVersionOf } from './resources.ts';
import { toView } from './views.ts';
import type { Call, Context } from './context.ts';
import type { KubeObject } from '../runtime.ts';

/** One object as the Accept header asks: whole, metadata only, or as a table of one row. */
export function present(context: Context, object: KubeObject, call: Call): unknown {
  if (wantsTable(call))
    return tableOf(context, call, [object], { resourceVersion: object['metadata'].resourceVersion });
  return wantsMetadata(call) ? asMetadata(object) : object;
}

export function presentList(context: Context, page: Page, call: Call): unknown {
  if (wantsTable(call))
    return tableOf(
      context,
      call,
      page.items.map((one) => whole(one, call)),
      page.metadata,
    );
  if (!wantsMetadata(call)) return listBody(page);
  return {
    kind: 'PartialObjectMetadataList',
    apiVersion: 'meta.k8s.io/v1',
    metadata: page.metadata,
    items: page.items.map((one) => asMetadata(one)),
  };
}

const whole = (object: KubeObject, call: Call): KubeObject => ({
  ...object,
  kind: call.resource.kind,
  apiVersion: apiVersionOf(call.resource),
});

export const watchRender =
  (context: Context, call: Call) =>
  (object: KubeObject): unknown => {
    const shown = toView(object, call.resource);
    if (wantsTable(call)) return rowOf(context, call, shown);
    return wantsMetadata(call) ? asMetadata(shown) : shown;
  };
