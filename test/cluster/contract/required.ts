import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { KubeObject } from '../runtime.ts';

/** The OpenAPI document of Kubernetes 1.36: beside the repository, not in it. */
const document = resolve(import.meta.dirname, '../../../../shared/kubernetes/swagger-1.36.json');

/**
 * Finds fields that the OpenAPI document requires and an answer lacks, as `path: missing`. undefined, and a line
 * `skipped: …`, where the document is absent.
 */
export function requiredFields(): ((body: KubeObject) => string[]) | undefined {
  if (!existsSync(document)) {
    console.log('skipped: ../shared/kubernetes/swagger-1.36.json absent');
    return undefined;
  }
  const { definitions } = JSON.parse(readFileSync(document, 'utf8')) as { definitions: Record<string, KubeObject> };
  const byKind = new Map<string, KubeObject>();
  for (const schema of Object.values(definitions)) {
    const kinds = (schema['x-kubernetes-group-version-kind'] ?? []) as KubeObject[];
    if (kinds.length !== 1) continue;
    const { group, version, kind } = kinds[0] as KubeObject;
    byKind.set(`${group ? `${group}/` : ''}${version}/${kind}`, schema);
  }

  function missing(value: unknown, schema: KubeObject, path: string): string[] {
    const ref = schema['$ref'] as string | undefined;
    if (ref) return missing(value, definitions[ref.slice('#/definitions/'.length)] as KubeObject, path);
    if (Array.isArray(value))
      return schema['items'] ? value.flatMap((one) => missing(one, schema['items'] as KubeObject, `${path}[]`)) : [];
    if (typeof value !== 'object' || value === null) return [];
    const object = value as KubeObject;
    const properties = (schema['properties'] ?? {}) as Record<string, KubeObject>;
    return [
      ...((schema['required'] ?? []) as string[])
        .filter((name) => object[name] === undefined)
        .map((name) => `${path}.${name}: missing`),
      ...Object.entries(object).flatMap(([name, one]) => {
        const next = properties[name] ?? (schema['additionalProperties'] as KubeObject | undefined);
        return next ? missing(one, next, `${path}.${name}`) : [];
      }),
    ];
  }

  return (body) => {
    const schema = byKind.get(`${body['apiVersion']}/${body['kind']}`);
    return schema ? missing(body, schema, String(body['kind'])) : [];
  };
}
