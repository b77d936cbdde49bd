import { timestamp, type Context } from './context.ts';
import type { Registry, Resource } from './resources.ts';
import type { Store } from './store.ts';
import type { KubeObject } from '../runtime.ts';

const definitionShelf = 'customresourcedefinitions.apiextensions.k8s.io';
const list = (value: unknown): KubeObject[] => (Array.isArray(value) ? (value as KubeObject[]) : []);

/** A new definition is accepted at once: names, conditions and stored versions as the controller would set them. */
export function establish(context: Context, definition: KubeObject): KubeObject {
  const spec: KubeObject = definition['spec'] ?? {};
  const names = {
    listKind: `${spec['names']?.kind}List`,
    singular: String(spec['names']?.kind ?? '').toLowerCase(),
    ...spec['names'],
  };
  const time = timestamp(context.clock.now());
  const condition = (type: string, reason: string, message: string): KubeObject => ({
    type,
    status: 'True',
    reason,
    message,
    lastTransitionTime: time,
  });
  const storage = list(spec['versions']).find((one) => one['storage'])?.['name'];
  const status = definition['status']?.conditions
    ? definition['status']
    : {
        acceptedNames: names,
        conditions: [
          condition('NamesAccepted', 'NoConflicts', 'no conflicts found'),
          condition('Established', 'InitialNamesAccepted', 'the initial names have been accepted'),
        ],
        storedVersions: storage ? [storage] : [],
      };
  return { ...definition, spec: { conversion: { strategy: 'None' }, ...spec, names }, status };
}

/** The resources that a definition adds: one per served version, all on one shelf. */
export function resourcesOf(definition: KubeObject): Resource[] {
  const { group, names, scope, versions } = definition['spec'] as KubeObject;
  return list(versions)
    .filter((version) => version['served'])
    .map((version): Resource => {
      const sub: KubeObject = version['subresources'] ?? {};
      const scale = sub['scale'];
      const path = (text: string): string => text.replace(/^\./, '');
      return {
        group: group as string,
        version: version['name'] as string,
        plural: names.plural as string,
        singular: (names.singular ?? String(names.kind).toLowerCase()) as string,
        kind: names.kind as string,
        shortNames: (names.shortNames ?? []) as string[],
        namespaced: scope === 'Namespaced',
        verbs: ['create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'update', 'watch'],
        subresources: [...(sub['status'] ? ['status'] : []), ...(scale ? ['scale'] : [])],
        shelf: `${names.plural}.${group}`,
        fields: list(version['selectableFields']).map((one) => path(one['jsonPath'] as string)),
        categories: (names.categories ?? []) as string[],
        generation: true,
        ...(scale && {
          scale: {
            spec: path(scale.specReplicasPath as string),
            status: path(scale.statusReplicasPath as string),
            ...(scale.labelSelectorPath && { selector: path(scale.labelSelectorPath as string) }),
          },
        }),
        schema: version['schema']?.openAPIV3Schema,
        columns: list(version['additionalPrinterColumns']).map((one) => ({
          name: one['name'] as string,
          type: one['type'] as string,
          jsonPath: one['jsonPath'] as string,
          ...(one['priority'] !== undefined && { priority: one['priority'] as number }),
        })),
      };
    });
}

/** Registers and unregisters kinds as definitions come and go. */
export function followDefinitions(store: Store, registry: Registry): void {
  store.subscribe((shelf, event) => {
    if (shelf !== definitionShelf) return;
    const name = event.object['metadata'].name as string;
    if (event.type !== 'DELETED') return registry.replaceCustom(name, resourcesOf(event.object));
    for (const resource of resourcesOf(event.object))
      for (const [, object] of store.list(resource.shelf)) store.remove(resource.shelf, object);
    registry.replaceCustom(name, []);
  });
}
