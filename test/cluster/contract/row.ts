import assert from 'node:assert/strict';
import type { KubeClient, OpenWatch, Reply, Send } from './client.ts';
import type { KubeObject } from '../runtime.ts';

/** A server under test: the simulated one or a real control plane. */
export interface Target {
  readonly name: 'simulated' | 'real';
  /** Minor version, 1.x. */
  readonly minor: number;
  readonly admin: KubeClient;
  /** Token of a user `viewer` without rights of its own. */
  readonly viewerToken: string;
  /** Makes every resourceVersion so far too old to list or watch from. */
  expireHistory(): Promise<void>;
  /** policy/v1 or policy/v1beta1, autoscaling/v2 …: the version of a group to use. */
  groupVersion(group: string): Promise<string>;
}

/** One row of the contract: a sentence of KUBERNETES.md as a check that runs on both servers. */
export interface Row {
  readonly id: string;
  readonly says: string;
  /** First minor version that answers so; older real servers skip the row and say so. */
  readonly since?: number;
  /** Why the row runs on the simulated server only. */
  readonly simulatedOnly?: string;
  /** It waits until the server has forgotten its past, which takes a real one a minute. */
  readonly expires?: boolean;
  run(t: Trial): Promise<void>;
}

export const merge = 'application/merge-patch+json';
export const strategic = 'application/strategic-merge-patch+json';
export const jsonPatch = 'application/json-patch+json';
export const apply = 'application/apply-patch+yaml';

/** One run of one row, in a namespace of its own. */
export interface Trial {
  readonly target: Target;
  readonly ns: string;
  /** `/api/v1/namespaces/NS/…` */
  core(path: string): string;
  /** `/apis/GROUP/VERSION/namespaces/NS/…` */
  group(groupVersion: string, path: string): string;
  get(path: string, send?: Send): Promise<Reply>;
  post(path: string, body: unknown, send?: Send): Promise<Reply>;
  put(path: string, body: unknown, send?: Send): Promise<Reply>;
  patch(path: string, body: unknown, type: string, send?: Send): Promise<Reply>;
  del(path: string, body?: unknown, send?: Send): Promise<Reply>;
  watch(path: string, send?: Send): Promise<OpenWatch>;
  /** Creates and insists on 201. */
  made(path: string, body: unknown): Promise<KubeObject>;
  /** Reads and insists on 200. */
  read(path: string): Promise<KubeObject>;
  /** Repeats until `done` holds for what is read there, or fails after 15 s (60 s on a real server). */
  eventually(path: string, done: (reply: Reply) => boolean): Promise<Reply>;
}

export function trial(target: Target, ns: string): Trial {
  const { admin } = target;
  const send = (method: string) => (path: string, body?: unknown, options?: Send) =>
    admin.send(method, path, body, options);
  const get = (path: string, options?: Send): Promise<Reply> => admin.send('GET', path, undefined, options);
  const eventually: Trial['eventually'] = async (path, done) => {
    // A real server that takes many namespaces down at the same time needs a while for each.
    const until = Date.now() + (target.name === 'real' ? 60_000 : 15_000);
    for (;;) {
      const reply = await get(path);
      if (done(reply)) return reply;
      if (Date.now() > until) assert.fail(`never became true at ${path}: ${reply.text}`);
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  };
  return {
    target,
    ns,
    core: (path) => `/api/v1/namespaces/${ns}/${path}`,
    group: (groupVersion, path) => `/apis/${groupVersion}/namespaces/${ns}/${path}`,
    get,
    post: send('POST'),
    put: send('PUT'),
    patch: (path, body, type, options) => admin.send('PATCH', path, body, { ...options, type }),
    del: send('DELETE'),
    watch: (path, options) => admin.watch(path, options),
    async made(path, body) {
      const reply = await admin.send('POST', path, body);
      assert.equal(reply.status, 201, reply.text);
      return reply.body;
    },
    async read(path) {
      const reply = await get(path);
      assert.equal(reply.status, 200, reply.text);
      return reply.body;
    },
    eventually,
  };
}

/** Asserts HTTP status and, for refusals, the reason in the Status body. */
export function expectStatus(reply: Reply, status: number, reason?: string): void {
  assert.equal(reply.status, status, reply.text);
  if (status < 400) return;
  assert.equal(reply.body['kind'], 'Status', reply.text);
  assert.equal(reply.body['code'], status, reply.text);
  assert.equal(reply.body['reason'] ?? '', reason ?? '', reply.text);
}

export const causesOf = (reply: Reply): KubeObject[] => (reply.body['details']?.causes ?? []) as KubeObject[];
export const rvOf = (object: KubeObject): string => String(object['metadata'].resourceVersion);

export const configMap = (name: string, data: Record<string, string> = {}, rest: KubeObject = {}): KubeObject => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name, ...rest },
  data,
});

/** A deployment that no controller moves: no replicas and paused. */
export const deployments = (t: Trial): string => t.group('apps/v1', 'deployments');

export const deployment = (name: string, spec: KubeObject = {}): KubeObject => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name },
  spec: {
    replicas: 0,
    paused: true,
    selector: { matchLabels: { app: name } },
    template: { metadata: { labels: { app: name } }, spec: { containers: [{ name: 'c', image: 'image:1' }] } },
    ...spec,
  },
});

/** A pod that no scheduler takes. */
export const pod = (name: string, spec: KubeObject = {}, metadata: KubeObject = {}): KubeObject => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name, ...metadata },
  spec: { schedulerName: 'nobody', containers: [{ name: 'c', image: 'image:1' }], ...spec },
});

/** Waits until the controllers of a real server have caught up with a workload, so that its resourceVersion stands still. */
export const settled = (t: Trial, path: string): Promise<Reply> =>
  t.target.name === 'simulated'
    ? t.get(path)
    : t.eventually(path, (reply) => reply.body['status']?.observedGeneration === reply.body['metadata']?.generation);
