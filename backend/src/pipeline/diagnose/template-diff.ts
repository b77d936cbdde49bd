import { at, list, quantity, templateOf, text, type Json, type JsonObject } from '../../model/index.ts';

/** What a release changed in the pod template, in the words of the field that was changed. */
export interface TemplateDiff {
  readonly image: boolean;
  /** Names of the environment variables that were added, removed or changed, with the new value. */
  readonly environment: Readonly<Record<string, string>>;
  readonly probes: boolean;
  /** What was asked for or allowed was lowered / raised. */
  readonly cpuLimitLowered: boolean;
  readonly memoryLimitLowered: boolean;
  readonly resources: boolean;
  /** Node selector, affinity, tolerations, topology spread. */
  readonly placement: boolean;
  readonly anything: boolean;
}

const same = (one: Json | undefined, other: Json | undefined): boolean =>
  JSON.stringify(one ?? null) === JSON.stringify(other ?? null);

const containersOf = (template: JsonObject): readonly JsonObject[] => list(template, 'spec', 'containers');
const environmentOf = (template: JsonObject): ReadonlyMap<string, string> =>
  new Map(
    containersOf(template)
      .flatMap((container) => list(container, 'env'))
      .map((one) => [text(one, 'name'), text(one, 'value') || JSON.stringify(one['valueFrom'] ?? '')]),
  );

function changedEnvironment(before: JsonObject, after: JsonObject): Record<string, string> {
  const [was, is] = [environmentOf(before), environmentOf(after)];
  const names = [...new Set([...was.keys(), ...is.keys()])].filter((name) => was.get(name) !== is.get(name));
  return Object.fromEntries(names.map((name) => [name, is.get(name) ?? '']));
}

function lowered(before: JsonObject, after: JsonObject, resource: 'cpu' | 'memory'): boolean {
  const limit = (container: JsonObject | undefined): number =>
    quantity(text(container, 'resources', 'limits', resource)) || Infinity;
  return containersOf(after).some(
    (container) =>
      limit(container) < limit(containersOf(before).find((one) => one['name'] === container['name']) ?? undefined),
  );
}

const eachContainer = (template: JsonObject, ...keys: readonly string[]): Json =>
  containersOf(template).map((container) => keys.map((key) => container[key] ?? null));
const placed = (template: JsonObject): Json =>
  ['nodeSelector', 'affinity', 'tolerations', 'topologySpreadConstraints', 'nodeName'].map(
    (key) => at(template, 'spec', key) ?? null,
  );

/** Compares the pod templates of two revisions; annotations, and with them a restart's stamp, are no change. */
export function templateDiff(older: JsonObject, newer: JsonObject): TemplateDiff {
  const [before, after] = [templateOf(older), templateOf(newer)];
  const changed = (...keys: readonly string[]): boolean =>
    !same(eachContainer(before, ...keys), eachContainer(after, ...keys));
  return {
    image: changed('image'),
    environment: changedEnvironment(before, after),
    probes: changed('readinessProbe', 'livenessProbe', 'startupProbe'),
    cpuLimitLowered: lowered(before, after, 'cpu'),
    memoryLimitLowered: lowered(before, after, 'memory'),
    resources: changed('resources'),
    placement: !same(placed(before), placed(after)),
    anything: !same(at(before, 'spec'), at(after, 'spec')),
  };
}
