import { stringify } from 'yaml';
import { actionNames, catalogue, resources, type Permission } from '../model/index.ts';
import type { Context } from './context.ts';
import { exitCodes, UsageError, type ExitCode } from './exit.ts';

export interface RbacOptions {
  readonly actions: string;
  readonly namespace?: string;
  readonly name: string;
  readonly serviceAccount: string;
}

interface Rule {
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
  readonly verbs: readonly string[];
}

/** What watching needs: no Secrets, no ConfigMaps. */
function readRules(): Rule[] {
  const groups = Map.groupBy(Object.values(resources), (one) => one.group);
  const watched = [...groups].map(([group, found]): Rule => ({
    apiGroups: [group],
    resources: found.map((one) => one.resource).sort(),
    verbs: ['get', 'list', 'watch'],
  }));
  const own: Rule = {
    apiGroups: ['authorization.k8s.io'],
    resources: ['selfsubjectaccessreviews'],
    verbs: ['create'],
  };
  return [...watched, own];
}

/** Parameters with which every action says what it needs; rights do not depend on their values, but for `kind`. */
const sample = { name: 'any', ns: 'any', namespace: 'any', replicas: 1, container: 'any', message: 'any', uid: 'any' };
const reading = new Set(['get', 'list', 'watch']);

/** An action on several kinds of workload says which one by the parameter `kind`. */
const writesOf = (names: readonly string[]): readonly Permission[] =>
  names
    .flatMap((name) => catalogue.get(name) ?? [])
    .flatMap((row) => row.kinds.flatMap((kind) => row.permissions({ ...sample, kind })))
    .filter((one) => !reading.has(one.verb));

/** One rule per group and resource, verbs together. */
function writeRules(writes: readonly Permission[]): Rule[] {
  const keyOf = ({ group, resource, subresource }: Permission): string =>
    `${group} ${subresource ? `${resource}/${subresource}` : resource}`;
  return [...Map.groupBy(writes, keyOf)]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, found]) => {
      const [group = '', resource = ''] = key.split(' ');
      return { apiGroups: [group], resources: [resource], verbs: [...new Set(found.map((one) => one.verb))].sort() };
    });
}

const role = (kind: 'ClusterRole' | 'Role', name: string, namespace: string | undefined, rules: readonly Rule[]) => ({
  apiVersion: 'rbac.authorization.k8s.io/v1',
  kind,
  metadata: { name, ...(namespace && { namespace }) },
  rules,
});

function binding(kind: 'ClusterRole' | 'Role', name: string, namespace: string | undefined, account: string) {
  const [accountNamespace = '', accountName = ''] = account.split('/');
  return {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: `${kind}Binding`,
    metadata: { name, ...(namespace && { namespace }) },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind, name },
    subjects: [{ kind: 'ServiceAccount', namespace: accountNamespace, name: accountName }],
  };
}

function chosen(given: string): string[] {
  if (given === 'none') return [];
  const names = given === 'all' ? [...actionNames] : given.split(',').map((name) => name.trim());
  const unknown = names.filter((name) => !catalogue.has(name));
  if (unknown.length > 0)
    throw new UsageError(`unknown action ${unknown.join(', ')}; known: ${actionNames.join(', ')}`);
  return names;
}

/** The manifests: reading is cluster-wide, writing is cluster-wide or of one namespace. */
export function rbacManifests(options: RbacOptions): object[] {
  if (!/^[^/]+\/[^/]+$/.test(options.serviceAccount)) throw new UsageError('--service-account is NAMESPACE/NAME');
  const { name, namespace, serviceAccount } = options;
  const read = `${name}-read`;
  const manifests: object[] = [
    role('ClusterRole', read, undefined, readRules()),
    binding('ClusterRole', read, undefined, serviceAccount),
  ];
  // What an action does to nodes, or to pods wherever they are, belongs to no namespace: it needs a ClusterRole of its own.
  const [cluster = [], local = []] = [true, false].map((everywhere) =>
    writeRules(
      writesOf(chosen(options.actions)).filter(
        (one) => (namespace === undefined || one.namespace === undefined) === everywhere,
      ),
    ),
  );
  if (cluster.length > 0)
    manifests.push(
      role('ClusterRole', `${name}-act`, undefined, cluster),
      binding('ClusterRole', `${name}-act`, undefined, serviceAccount),
    );
  if (local.length > 0)
    manifests.push(
      role('Role', `${name}-act`, namespace, local),
      binding('Role', `${name}-act`, namespace, serviceAccount),
    );
  return manifests;
}

/** `kubewise rbac`: the least rights for the actions you want, as YAML for kubectl. Needs no server. */
export function rbac(context: Context, options: RbacOptions): ExitCode {
  const manifests = rbacManifests(options);
  context.show(manifests, () =>
    manifests
      .map((one) => stringify(one, { aliasDuplicateObjects: false }))
      .join('---\n')
      .trimEnd(),
  );
  return exitCodes.ok;
}
