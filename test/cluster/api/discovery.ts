import { apiVersionOf, type Registry, type Resource } from './resources.ts';
import type { KubeObject } from '../runtime.ts';

const serverVersion = {
  major: '1',
  minor: '34',
  gitVersion: 'v1.34.1+kubewise.sim',
  gitCommit: '0000000000000000000000000000000000000000',
  gitTreeState: 'clean',
  buildDate: '2026-01-01T00:00:00Z',
  goVersion: 'none',
  compiler: 'none',
  platform: 'linux/amd64',
};

interface SubShape {
  readonly kind: string;
  readonly group?: string;
  readonly version?: string;
  readonly verbs: readonly string[];
}

const subShapes: Readonly<Record<string, SubShape>> = {
  scale: { kind: 'Scale', group: 'autoscaling', version: 'v1', verbs: ['get', 'patch', 'update'] },
  eviction: { kind: 'Eviction', group: 'policy', version: 'v1', verbs: ['create'] },
  binding: { kind: 'Binding', verbs: ['create'] },
  log: { kind: 'Pod', verbs: ['get'] },
  exec: { kind: 'PodExecOptions', verbs: ['create', 'get'] },
  attach: { kind: 'PodAttachOptions', verbs: ['create', 'get'] },
  portforward: { kind: 'PodPortForwardOptions', verbs: ['create', 'get'] },
  token: { kind: 'TokenRequest', group: 'authentication.k8s.io', version: 'v1', verbs: ['create'] },
  finalize: { kind: 'Namespace', verbs: ['update'] },
};

function apiResources(resource: Resource): KubeObject[] {
  const main = {
    name: resource.plural,
    singularName: resource.singular,
    namespaced: resource.namespaced,
    kind: resource.kind,
    verbs: resource.verbs,
    ...(resource.shortNames.length > 0 && { shortNames: resource.shortNames }),
    ...(resource.categories.length > 0 && { categories: resource.categories }),
  };
  const subs = resource.subresources.map((name) => ({
    name: `${resource.plural}/${name}`,
    singularName: '',
    namespaced: resource.namespaced,
    ...(subShapes[name] ?? { kind: resource.kind, verbs: ['get', 'patch', 'update'] }),
  }));
  return [main, ...subs];
}

const groupVersions = (registry: Registry): readonly string[] => [...new Set(registry.all().map(apiVersionOf))];

function groupOf(registry: Registry, group: string): KubeObject | undefined {
  const versions = groupVersions(registry)
    .filter((one) => one.startsWith(`${group}/`))
    .map((groupVersion) => ({ groupVersion, version: groupVersion.split('/')[1] }));
  return versions.length > 0 ? { name: group, versions, preferredVersion: versions[0] } : undefined;
}

/** What discovery answers at this path; undefined when it is no discovery path. */
export function discover(registry: Registry, path: string, url: string): unknown {
  const parts = path.split('/').filter(Boolean);
  if (path === '/version' || path === '/version/') return serverVersion;
  if (path === '/api' || path === '/api/') {
    const address = { clientCIDR: '0.0.0.0/0', serverAddress: url.replace('https://', '') };
    return { kind: 'APIVersions', versions: ['v1'], serverAddressByClientCIDRs: [address] };
  }
  if (parts[0] === 'apis' && parts.length === 1) {
    const names = [...new Set(registry.all().map((one) => one.group))].filter(Boolean);
    return { kind: 'APIGroupList', apiVersion: 'v1', groups: names.map((name) => groupOf(registry, name)) };
  }
  if (parts[0] === 'apis' && parts.length === 2) {
    const group = groupOf(registry, parts[1] as string);
    return group && { kind: 'APIGroup', apiVersion: 'v1', ...group };
  }
  const groupVersion =
    path === '/api/v1' ? 'v1' : parts[0] === 'apis' && parts.length === 3 ? parts.slice(1).join('/') : '';
  const resources = registry.all().filter((one) => apiVersionOf(one) === groupVersion);
  if (!groupVersion || resources.length === 0) return undefined;
  return { kind: 'APIResourceList', apiVersion: 'v1', groupVersion, resources: resources.flatMap(apiResources) };
}
