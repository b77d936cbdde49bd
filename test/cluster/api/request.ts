import type { IncomingMessage } from 'node:http';
import { parse as parseYaml } from 'yaml';
import { parseProtobuf, protobufType } from './protobuf.ts';
import { badRequest, noSuchPath } from './status.ts';
import type { Registry, Resource } from './resources.ts';
import type { RequestVerb } from './context.ts';

export interface Route {
  readonly resource: Resource;
  readonly namespace: string | undefined;
  readonly name: string | undefined;
  readonly subresource: string | undefined;
  readonly watch: boolean;
}

/** Reads `/api/v1/namespaces/x/pods/y/status` and its relatives; undefined when it is no resource path. */
export function route(registry: Registry, path: string): Route | undefined {
  const parts = path.split('/').filter(Boolean).map(decodeURIComponent);
  const legacy = parts[0] === 'api';
  if (!legacy && parts[0] !== 'apis') return undefined;
  const [group, version] = legacy ? ['', parts[1]] : [parts[1], parts[2]];
  let rest = parts.slice(legacy ? 2 : 3);
  const watch = rest[0] === 'watch';
  if (watch) rest = rest.slice(1);
  if (version === undefined || rest.length === 0) return undefined;
  const inNamespace =
    rest[0] === 'namespaces' && rest.length > 2 && !['status', 'finalize'].includes(rest[2] as string);
  const namespace = inNamespace ? rest[1] : undefined;
  const [plural, name, ...sub] = inNamespace ? rest.slice(2) : rest;
  const resource = registry.find(group as string, version, plural as string);
  if (!resource) throw noSuchPath();
  return { resource, namespace, name, subresource: sub.length > 0 ? sub.join('/').split('/')[0] : undefined, watch };
}

const verbs: Readonly<Record<string, readonly [one: RequestVerb, many: RequestVerb]>> = {
  GET: ['get', 'list'],
  HEAD: ['get', 'list'],
  POST: ['create', 'create'],
  PUT: ['update', 'update'],
  PATCH: ['patch', 'patch'],
  DELETE: ['delete', 'deletecollection'],
};

export function verbOf(method: string, path: Route, query: URLSearchParams): RequestVerb {
  const pair = verbs[method];
  if (!pair) throw noSuchPath();
  const watching = path.watch || query.get('watch') === 'true' || query.get('watch') === '1';
  if (method === 'GET' && watching && !path.subresource) return 'watch';
  return pair[path.name ? 0 : 1];
}

export async function readBody(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

/** JSON, or YAML or Kubernetes protobuf when the content type says so. */
export function parseBody(body: Buffer, contentType: string): unknown {
  if (contentType === protobufType) return parseProtobuf(body);
  const text = body.toString('utf8');
  if (text.trim() === '') return undefined;
  try {
    return contentType.includes('yaml') && !/^\s*[[{]/.test(text) ? parseYaml(text) : JSON.parse(text);
  } catch (error) {
    throw badRequest(`error decoding body: ${(error as Error).message}`);
  }
}
