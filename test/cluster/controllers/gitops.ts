import { createQueue, keyOf, resourceOfObject, type Query } from '../client/index.ts';
import type { KubeObject } from '../runtime.ts';
import type { Controller, ControllerContext } from './controller.ts';

export interface GitOpsApplication {
  readonly name: string;
  /** Whose habits: Argo CD notices drift at once and marks by annotation, Flux comes by interval and marks by labels. */
  readonly tool: 'argocd' | 'flux';
  readonly manifests: readonly KubeObject[];
  /** Cluster seconds between two syncs. Default 180 (Argo CD) or 600 (Flux). */
  readonly intervalSeconds?: number;
  /** false = drift is left alone (Argo CD without self-heal). Default true. */
  readonly selfHeal?: boolean;
}

export interface GitOps extends Controller {
  /** A commit: from now on this is what is wanted. */
  commit(manifests: readonly KubeObject[]): void;
  /** Keys of objects that were brought back, `Kind namespace/name`, in order. */
  readonly reverted: readonly string[];
}

const managers = { argocd: 'argocd-controller', flux: 'kustomize-controller' } as const;
const intervals = { argocd: 180, flux: 600 } as const;

/** Argo CD looks again soon after a change, not in the same instant. */
const healSeconds = 5;

/** Applies manifests by server-side apply, again and again, so that edits by others do not last. */
export function startGitOps(context: ControllerContext, application: GitOpsApplication): GitOps {
  const { name, tool, selfHeal = true, intervalSeconds = intervals[tool] } = application;
  const { client, clock, informers, onError } = context;
  const reverted: string[] = [];
  const applied = new Map<string, string>();
  let manifests = application.manifests.map((one) => marked(one, application));
  let dirty = true;

  const queue = createQueue({
    clock,
    name: `70 gitops ${name}`,
    reconcile: sync,
    onError: (error) => onError(error, `gitops ${name}`),
  });

  async function sync(): Promise<number> {
    if (dirty || selfHeal) for (const manifest of manifests) await apply(manifest);
    dirty = false;
    return intervalSeconds;
  }

  /** An apply that changes nothing leaves the version alone: so a new version is a drift that was put right. */
  async function apply(manifest: KubeObject): Promise<void> {
    const resource = resourceOfObject(manifest);
    const { namespace, name: object } = manifest['metadata'];
    const key = `${manifest['kind']} ${keyOf(manifest)}`;
    const before = await client.get(resource, { namespace, name: object });
    if (before && isExempt(before, tool)) return;
    const query: Query = { fieldManager: managers[tool], force: true };
    const after = await client.patch(resource, { namespace, name: object }, 'apply-patch', manifest, query);
    const changed = before?.['metadata'].resourceVersion !== after['metadata'].resourceVersion;
    if (changed && !dirty && applied.has(key)) reverted.push(key);
    applied.set(key, after['metadata'].resourceVersion);
  }

  if (tool === 'argocd' && selfHeal) {
    for (const kind of new Set(manifests.map((one) => resourceOfObject(one)))) {
      informers.of(kind).on(({ object, type }) => {
        const key = `${kind.kind} ${keyOf(object)}`;
        if (applied.has(key) && (type === 'Deleted' || applied.get(key) !== object['metadata'].resourceVersion)) {
          queue.add('', healSeconds);
        }
      });
    }
  }
  queue.add('');
  return {
    name: `gitops ${name}`,
    reverted,
    commit(next) {
      manifests = next.map((one) => marked(one, application));
      dirty = true;
      queue.add('');
    },
    pause: () => queue.pause(),
    resume: () => queue.resume(),
    stop: () => queue.stop(),
  };
}

/** Flux's escape hatch; Argo CD's is to switch self-heal off. */
const isExempt = (object: KubeObject, tool: GitOpsApplication['tool']): boolean =>
  tool === 'flux' && object['metadata'].annotations?.['kustomize.toolkit.fluxcd.io/reconcile'] === 'disabled';

/** The marks by which others can see who owns the object. */
function marked(manifest: KubeObject, { name, tool }: GitOpsApplication): KubeObject {
  const { metadata, apiVersion, kind } = manifest as { metadata: KubeObject; apiVersion: string; kind: string };
  const group = apiVersion.includes('/') ? apiVersion.split('/')[0] : '';
  const tracking = `${name}:${group}/${kind}:${metadata['namespace'] ?? ''}/${metadata['name']}`;
  const marks =
    tool === 'argocd'
      ? { annotations: { ...metadata['annotations'], 'argocd.argoproj.io/tracking-id': tracking } }
      : {
          labels: {
            ...metadata['labels'],
            'kustomize.toolkit.fluxcd.io/name': name,
            'kustomize.toolkit.fluxcd.io/namespace': 'flux-system',
          },
        };
  return { ...manifest, metadata: { ...metadata, ...marks } };
}
