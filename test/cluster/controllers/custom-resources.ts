import { ApiError, resourceOf, type KubeClient, type Resource } from '../client/index.ts';

/** The kinds that the stand-ins for cert-manager, CloudNativePG, Argo CD and the snapshot controller work with. */
export const customKinds = [
  'VolumeSnapshot',
  'VolumeSnapshotContent',
  'Certificate',
  'CertificateRequest',
  'Cluster',
  'Backup',
  'Application',
] as const;

/** Defines the custom kinds on a server that does not have them, and waits until it serves them. */
export async function defineCustomResources(client: KubeClient, wait: () => Promise<void>): Promise<void> {
  for (const kind of customKinds) {
    try {
      await client.create(resourceOf('CustomResourceDefinition'), definition(resourceOf(kind)));
    } catch (error) {
      if (!ApiError.is(error, 409)) throw error;
    }
  }
  for (const kind of customKinds) await served(client, resourceOf(kind), wait);
}

async function served(client: KubeClient, resource: Resource, wait: () => Promise<void>): Promise<void> {
  for (;;) {
    const answer = await client.list(resource, { limit: 1 }).catch((error: unknown) => {
      if (ApiError.is(error, 404)) return undefined;
      throw error;
    });
    if (answer) return;
    await wait();
  }
}

/** Groups of Kubernetes' own are protected: without a word on who approved it a definition is refused. */
const approval = (group = ''): Readonly<Record<string, string>> =>
  group.endsWith('.k8s.io')
    ? { 'api-approved.kubernetes.io': 'https://github.com/kubernetes-csi/external-snapshotter/pull/814' }
    : {};

function definition({ apiVersion, kind, plural, namespaced }: Resource): Record<string, unknown> {
  const [group, version] = apiVersion.split('/');
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${plural}.${group}`, annotations: approval(group) },
    spec: {
      group,
      scope: namespaced ? 'Namespaced' : 'Cluster',
      names: { kind, plural, singular: kind.toLowerCase(), listKind: `${kind}List` },
      versions: [
        {
          name: version,
          served: true,
          storage: true,
          subresources: { status: {} },
          schema: { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } },
        },
      ],
    },
  };
}
