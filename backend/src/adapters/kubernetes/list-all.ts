import { list, text, type JsonObject } from '../../model/index.ts';
import { AdapterError } from '../../pipeline/ports.ts';
import { failure, messageOf } from './status.ts';
import type { Reply, Transport } from './transport.ts';

/** The kind may not be read here, or is not served: no reason to try again soon. */
export class Refused extends Error {
  readonly status: number;
  constructor(status: number, message: string) {
    super(message);
    this.name = 'Refused';
    this.status = status;
  }
}

const metadataList = 'application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1, application/json';
/** How often a list may start over because its pages expired under it. */
const maxStarts = 3;
const pageTimeoutSeconds = 60;

interface Listing {
  readonly pageSize: number;
  readonly signal: AbortSignal;
  readonly metadataOnly?: boolean;
}

function failed(reply: Reply): Error {
  if (reply.status === 403 || reply.status === 404 || reply.status === 405)
    return new Refused(reply.status, messageOf(reply));
  if (reply.status !== 429) return failure(reply);
  const cause = { retryAfter: reply.retryAfter };
  return new AdapterError('kubernetes', messageOf(reply), { retryable: true, status: 429, cause });
}

/**
 * All pages of a list; answers the list's resourceVersion. `begin` is called at each start: when the pages expire (410)
 * the list starts over with larger ones, because the version of the first page is too old to watch from by then.
 */
export async function listAll(
  transport: Transport,
  path: string,
  { pageSize, signal, metadataOnly }: Listing,
  { begin, each }: { readonly begin: () => void; readonly each: (source: JsonObject) => void },
): Promise<string> {
  let token = '';
  let version = '';
  for (let starts = 0; starts < maxStarts;) {
    if (token === '') begin();
    const reply = await transport.request('GET', path, {
      query: { limit: pageSize * 4 ** starts, continue: token || undefined },
      ...(metadataOnly && { accept: metadataList }),
      ...{ signal, lane: 'watches', timeoutSeconds: pageTimeoutSeconds },
    });
    if (reply.status === 410) {
      token = '';
      version = '';
      starts += 1;
      continue;
    }
    if (reply.status !== 200) throw failed(reply);
    version ||= text(reply.body, 'metadata', 'resourceVersion');
    for (const source of list(reply.body, 'items')) each(source);
    token = text(reply.body, 'metadata', 'continue');
    if (!token) return version;
  }
  throw new AdapterError('kubernetes', 'a list expired again and again', { retryable: true, status: 410 });
}
