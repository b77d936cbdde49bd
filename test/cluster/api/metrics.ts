import { cores, bytes } from '../quantity.ts';
import { labelSelector } from './selectors.ts';
import { methodNotAllowed, notFound } from './status.ts';
import { timestamp, type Answer, type Call, type Context } from './context.ts';
import type { RequestVerb } from './context.ts';
import type { KubeObject } from '../runtime.ts';

interface Usage {
  readonly cpu: number;
  readonly memory: number;
}

const shown = (usage: Usage): KubeObject => ({
  cpu: cores(usage.cpu),
  memory: bytes(Math.round(usage.memory / 1024) * 1024),
});

function podMetrics(context: Context, pod: KubeObject): KubeObject | undefined {
  if (pod['status']?.phase !== 'Running') return undefined;
  const containers = ((pod['spec'].containers ?? []) as KubeObject[]).flatMap((one) => {
    const usage = context.usage(pod, one['name'] as string);
    return usage ? [{ name: one['name'], usage: shown(usage) }] : [];
  });
  return containers.length > 0 ? metric(context, 'PodMetrics', pod, { containers }) : undefined;
}

function metric(context: Context, kind: string, of: KubeObject, rest: KubeObject): KubeObject {
  const { name, namespace, labels } = of['metadata'];
  const time = timestamp(context.clock.now());
  return {
    kind,
    apiVersion: 'metrics.k8s.io/v1beta1',
    metadata: { name, ...(namespace && { namespace }), creationTimestamp: time, ...(labels && { labels }) },
    timestamp: time,
    window: '15s',
    ...rest,
  };
}

function nodeMetrics(context: Context, node: KubeObject): KubeObject | undefined {
  const total = { cpu: 0, memory: 0 };
  for (const [, pod] of context.store.list('pods.')) {
    if (pod['spec'].nodeName !== node['metadata'].name || pod['status']?.phase !== 'Running') continue;
    for (const container of (pod['spec'].containers ?? []) as KubeObject[]) {
      const usage = context.usage(pod, container['name'] as string);
      total.cpu += usage?.cpu ?? 0;
      total.memory += usage?.memory ?? 0;
    }
  }
  return metric(context, 'NodeMetrics', node, { usage: shown(total) });
}

/** metrics.k8s.io: what the metrics server would say, from the usage callback. */
export function metricsList(context: Context, call: Call, verb: RequestVerb): Answer {
  if (verb !== 'get' && verb !== 'list') throw methodNotAllowed();
  const shelf = call.resource.plural === 'pods' ? 'pods.' : 'nodes.';
  const make = call.resource.plural === 'pods' ? podMetrics : nodeMetrics;
  if (verb === 'get') {
    const object = context.store.get(shelf, call.namespace, call.name ?? '');
    const found = object && make(context, object);
    if (!found) throw notFound(call.resource, call.name ?? '');
    return { code: 200, body: found };
  }
  const selector = call.query.get('labelSelector');
  const matches = selector ? labelSelector(selector) : () => true;
  const objects = context.store.list(shelf, call.namespace).map(([, object]) => object);
  const items = objects.filter(matches).flatMap((object) => make(context, object) ?? []);
  return {
    code: 200,
    body: { kind: `${call.resource.kind}List`, apiVersion: 'metrics.k8s.io/v1beta1', metadata: {}, items },
  };
}
