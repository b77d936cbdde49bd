import { builtIn, apiVersionOf } from '../api/resources.ts';
import { shapeProblems } from '../api/index.ts';
import { requiredFields } from './required.ts';
import type { KubeClient, OpenWatch, Reply, WatchEvent } from './client.ts';
import type { KubeObject } from '../runtime.ts';

const models = new Map(
  builtIn.flatMap((one) => (one.model ? [[`${apiVersionOf(one)}/${one.kind}`, one.model] as const] : [])),
);
const more: Readonly<Record<string, string>> = {
  'v1/Status': 'V1Status',
  'autoscaling/v1/Scale': 'V1Scale',
  'v1/APIResourceList': 'V1APIResourceList',
  'v1/APIGroup': 'V1APIGroup',
  'v1/APIGroupList': 'V1APIGroupList',
  'authentication.k8s.io/v1/TokenRequest': 'AuthenticationV1TokenRequest',
};

/** Every way in which an answer departs from the client's models of Kubernetes. Kinds without a model pass. */
function guardAnswer(body: KubeObject): string[] {
  const kind = String(body['kind'] ?? '');
  const apiVersion = String(body['apiVersion'] ?? '');
  if (kind === 'PartialObjectMetadata') return shapeProblems(body['metadata'], 'V1ObjectMeta', 'metadata');
  const item = kind.endsWith('List') ? models.get(`${apiVersion}/${kind.slice(0, -4)}`) : undefined;
  if (item && Array.isArray(body['items']))
    return [
      ...shapeProblems(body['metadata'], 'V1ListMeta', 'metadata'),
      ...(body['items'] as KubeObject[]).flatMap((one) => shapeProblems(one, item, 'items[]')),
    ];
  const model = models.get(`${apiVersion}/${kind}`) ?? more[`${apiVersion}/${kind}`];
  return model ? shapeProblems(body, model) : [];
}

/** A client that checks the shape of all it receives, streams included. */
export function guardedClient(inner: KubeClient): {
  readonly client: KubeClient;
  readonly problems: readonly string[];
} {
  const problems: string[] = [];
  const required = requiredFields();
  const check = (body: KubeObject, where: string): void => {
    for (const problem of [...guardAnswer(body), ...(required?.(body) ?? [])]) problems.push(`${where}: ${problem}`);
  };
  const client: KubeClient = {
    async send(method, path, body, options): Promise<Reply> {
      const reply = await inner.send(method, path, body, options);
      check(reply.body, `${method} ${path}`);
      return reply;
    },
    async watch(path, options): Promise<OpenWatch> {
      const watch = await inner.watch(path, options);
      let seen = 0;
      const look = (events: readonly WatchEvent[]): readonly WatchEvent[] => {
        for (; seen < events.length; seen += 1)
          if (events[seen]?.type !== 'BOOKMARK') check(events[seen]?.object ?? {}, `watch ${path}`);
        return events;
      };
      return {
        status: watch.status,
        events: watch.events,
        ended: () => watch.ended(),
        until: async (count, ms) => look(await watch.until(count, ms)),
        untilEnd: async (ms) => {
          await watch.untilEnd(ms);
          look(watch.events);
        },
        stop: () => watch.stop(),
      };
    },
    close: () => inner.close(),
  };
  return { client, problems };
}
