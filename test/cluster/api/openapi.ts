import { apiVersionOf, type Registry, type Resource } from './resources.ts';
import type { KubeObject } from '../runtime.ts';

const parameter = (name: string): KubeObject => ({ name, in: 'query', schema: { type: 'string', uniqueItems: true } });
const writeParameters = ['dryRun', 'fieldManager', 'fieldValidation', 'force', 'pretty'].map(parameter);

const gvk = (resource: Resource): KubeObject => ({
  group: resource.group,
  version: resource.version,
  kind: resource.kind,
});

function operation(resource: Resource, action: string): KubeObject {
  return {
    operationId: `${action}${resource.kind}`,
    parameters: writeParameters,
    responses: { '200': { description: 'OK' } },
    'x-kubernetes-action': action,
    'x-kubernetes-group-version-kind': gvk(resource),
  };
}

function paths(resource: Resource): KubeObject {
  const base = resource.group ? `/apis/${resource.group}/${resource.version}` : `/api/${resource.version}`;
  const collection = resource.namespaced
    ? `${base}/namespaces/{namespace}/${resource.plural}`
    : `${base}/${resource.plural}`;
  return {
    [collection]: { post: operation(resource, 'post') },
    [`${collection}/{name}`]: { put: operation(resource, 'put'), patch: operation(resource, 'patch') },
  };
}

const groupPath = (apiVersion: string): string =>
  apiVersion.includes('/') ? `apis/${apiVersion}` : `api/${apiVersion}`;

/**
 * Just enough of /openapi/v3 for kubectl to learn that the server validates fields itself (the `fieldValidation`
 * parameter), so that `kubectl apply` works without client-side schemas. Undefined when the path is not one of ours.
 */
export function openapi(registry: Registry, path: string): unknown {
  const resources = registry.all();
  if (path === '/openapi/v3') {
    const versions = [...new Set(resources.map(apiVersionOf))].map(groupPath);
    return { paths: Object.fromEntries(versions.map((one) => [one, { serverRelativeURL: `/openapi/v3/${one}` }])) };
  }
  const wanted = resources.filter((one) => path === `/openapi/v3/${groupPath(apiVersionOf(one))}`);
  if (wanted.length === 0) return undefined;
  return {
    openapi: '3.0.0',
    info: { title: 'Kubernetes', version: 'simulated' },
    paths: Object.assign({}, ...wanted.map(paths)) as KubeObject,
    components: { schemas: {} },
  };
}
