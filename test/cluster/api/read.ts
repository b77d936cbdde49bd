import { ApiError, badRequest, expired } from './status.ts';
import { fieldSelector, labelSelector, type Predicate } from './selectors.ts';
import { apiVersionOf, type Resource } from './resources.ts';
import { toView } from './views.ts';
import type { Call, Context } from './context.ts';
import type { KubeObject } from '../runtime.ts';

/** The selectors of a query as one predicate on stored objects. */
export function predicateOf(call: Call): Predicate {
  const labels = call.query.get('labelSelector');
  const fields = call.query.get('fieldSelector');
  const byLabel = labels ? labelSelector(labels) : undefined;
  const byField = fields ? fieldSelector(fields, call.resource) : undefined;
  const named = call.name;
  return (object) =>
    (!named || object['metadata'].name === named) &&
    (!byLabel || byLabel(object)) &&
    (!byField || byField(toView(object, call.resource)));
}

interface Token {
  readonly rv: number;
  readonly start: string;
}

const encode = (token: Token): string =>
  Buffer.from(JSON.stringify({ v: 'meta.k8s.io/v1', rv: token.rv, start: token.start })).toString('base64url');

function decode(text: string): Token {
  try {
    const token = JSON.parse(Buffer.from(text, 'base64url').toString()) as { rv: unknown; start: unknown };
    if (typeof token.rv === 'number' && typeof token.start === 'string') return { rv: token.rv, start: token.start };
  } catch {
    // falls through to the refusal below
  }
  throw badRequest('continue key is not valid: illegal base64 data');
}

const staleToken =
  'The provided continue parameter is too old to display a consistent list result. You can start a new list without the continue parameter, or use the continue token in this response to retrieve the remainder of the results. Continuing with the provided token results in an inconsistent list - objects that were created, modified, or deleted between the time the first chunk was returned and now may show up in the list.';

/** Version -1 in a token = "the state of now": an inconsistent continuation. */
function versionOf(context: Context, call: Call, token: Token | undefined): number {
  if (token) {
    if (token.rv === -1) return context.store.rv();
    if (token.rv < context.store.oldest(call.resource.shelf))
      throw expired(staleToken, encode({ rv: -1, start: token.start }));
    return token.rv;
  }
  const wanted = call.query.get('resourceVersion');
  if (!wanted || wanted === '0') return context.store.rv();
  const rv = Number(wanted);
  if (!Number.isInteger(rv) || rv < 0) throw badRequest(`Invalid value for resourceVersion: ${wanted}`);
  if (rv > context.store.rv()) throw tooNew(rv, context.store.rv());
  if (call.query.get('resourceVersionMatch') !== 'Exact') return context.store.rv();
  if (rv < context.store.oldest(call.resource.shelf))
    throw expired(`The resourceVersion for the provided list is too old.`);
  return rv;
}

const tooNew = (rv: number, now: number): ApiError =>
  new ApiError(504, 'Timeout', `Timeout: Too large resource version: ${rv}, current: ${now}`, {
    causes: [{ reason: 'ResourceVersionTooLarge', message: 'Too large resource version' }],
    retryAfterSeconds: 1,
  });

export interface Page {
  readonly resource: Resource;
  readonly items: readonly KubeObject[];
  readonly metadata: KubeObject;
}

/** One page (or all) of a list, pinned to a version, with `continue` when there is more. */
export function list(context: Context, call: Call): Page {
  const cont = call.query.get('continue');
  const token = cont ? decode(cont) : undefined;
  const rv = versionOf(context, call, token);
  const limit = Number(call.query.get('limit') ?? 0);
  const matches = predicateOf(call);
  const all = context.store.list(call.resource.shelf, call.namespace, rv);
  const begin = token ? firstFrom(all, token.start) : 0;
  const items: KubeObject[] = [];
  let next = begin;
  for (; next < all.length && (limit <= 0 || items.length < limit); next += 1) {
    const object = (all[next] as readonly [string, KubeObject])[1];
    if (matches(object)) items.push(toView(object, call.resource));
  }
  const more = next < all.length;
  const selected = call.query.get('labelSelector') || call.query.get('fieldSelector');
  return {
    resource: call.resource,
    items,
    metadata: {
      resourceVersion: String(rv),
      ...(more && { continue: encode({ rv, start: (all[next] as readonly [string, KubeObject])[0] }) }),
      ...(more && !selected && { remainingItemCount: all.length - next }),
    },
  };
}

function firstFrom(all: readonly (readonly [string, KubeObject])[], key: string): number {
  let low = 0;
  let high = all.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((all[middle] as readonly [string, KubeObject])[0] < key) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Items of a list carry no kind and apiVersion (those of custom resources do). */
export const listBody = (page: Page): KubeObject => ({
  kind: `${page.resource.kind}List`,
  apiVersion: apiVersionOf(page.resource),
  metadata: page.metadata,
  items: page.resource.model ? page.items.map(({ kind: _kind, apiVersion: _apiVersion, ...rest }) => rest) : page.items,
});
