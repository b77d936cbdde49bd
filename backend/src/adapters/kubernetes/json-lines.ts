import type { JsonObject } from '../../model/index.ts';

/** One watch line longer than this is not Kubernetes speaking (etcd refuses objects above about 1.5 MiB). */
const maxLineBytes = 32 * 2 ** 20;

/** Newline-separated JSON objects from chunks of bytes. Throws SyntaxError on a line that is none. */
export async function* jsonLines(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<JsonObject> {
  let rest: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of chunks) {
    let from = 0;
    for (let end = chunk.indexOf(10); end >= 0; end = chunk.indexOf(10, from)) {
      const line = Buffer.concat([...rest, chunk.subarray(from, end)]).toString('utf8');
      rest = [];
      size = 0;
      from = end + 1;
      if (line.trim()) yield JSON.parse(line) as JsonObject;
    }
    rest.push(chunk.subarray(from));
    size += chunk.length - from;
    if (size > maxLineBytes) throw new RangeError('a line of the watch is too long');
  }
}
