import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { SampleStore } from './store.ts';

const escaped = (text: string): string => text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');

/** Histograms are three metrics under one name: their parts are not typed one by one. */
const typeOf = (name: string, counter: boolean): string =>
  /_bucket$|_sum$|_count$/.test(name) ? 'untyped' : counter ? 'counter' : 'gauge';

/** The newest sample of every series in the text format 0.0.4; only of one job when it is named. */
export function exposition(store: SampleStore, job?: string): string {
  const groups = new Map<string, string[]>();
  for (const { labels, value, counter } of store.latest()) {
    const { __name__: name = '', ...rest } = labels;
    if (job !== undefined && rest['job'] !== job) continue;
    const lines = groups.get(name) ?? [`# TYPE ${name} ${typeOf(name, counter)}`];
    groups.set(name, lines);
    const pairs = Object.entries(rest).map(([label, text]) => `${label}="${escaped(text)}"`);
    lines.push(`${name}{${pairs.join(',')}} ${value}`);
  }
  return `${[...groups.values()].flat().join('\n')}\n`;
}

export interface MetricsServer {
  readonly url: string;
  close(): Promise<void>;
}

/**
 * `/metrics` for a Prometheus that scrapes with `honor_labels: true`: every series carries its own job, instance,
 * namespace, pod and node, as kube-prometheus' service monitors would have set them. `/metrics?job=kubelet` is one job's.
 */
export async function serveMetrics(store: SampleStore, port = 0, host = '127.0.0.1'): Promise<MetricsServer> {
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '/', 'http://localhost');
    if (url.pathname !== '/metrics') {
      response.writeHead(404).end();
      return;
    }
    response.writeHead(200, { 'content-type': 'text/plain; version=0.0.4; charset=utf-8' });
    response.end(exposition(store, url.searchParams.get('job') ?? undefined));
  });
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(port, host, resolve));
  return {
    url: `http://${host}:${(server.address() as AddressInfo).port}/metrics`,
    close: () => new Promise((resolve) => server.close(() => resolve())),
  };
}
