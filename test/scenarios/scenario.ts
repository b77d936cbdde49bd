import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { parseDocument } from 'yaml';
import { z } from 'zod';
import { defaultQueries } from '../../backend/src/pipeline/collect/index.ts';
import { faultFamilies, Recovery, role, type FaultFamily } from '../cluster/faults/index.ts';
import { WrittenAim, type Aim } from './aims.ts';

const queryNames = defaultQueries.map((query) => query.name) as [string, ...string[]];

export const familyOf = (name: string): FaultFamily => {
  const family = faultFamilies.get(name);
  if (!family) throw new Error(`there is no family ${name}; there are ${[...faultFamilies.keys()].join(', ')}`);
  return family;
};

/** A fault of the library: what, when after the healthy lead-in (cluster seconds), and until when. */
const Fault = z
  .strictObject({
    family: z.string(),
    at: z.number().nonnegative().default(0),
    /** Whoever made it takes it back; left out: it stays. */
    end: z.number().positive().optional(),
    params: z.record(z.string(), z.unknown()).default({}),
  })
  .superRefine(({ family, params }, context) => {
    const known = faultFamilies.get(family);
    if (!known) {
      const message = `there is no family ${family}; there are ${[...faultFamilies.keys()].join(', ')}`;
      context.addIssue({ code: 'custom', path: ['family'], message });
      return;
    }
    const checked = known.params.safeParse(params);
    for (const issue of checked.success ? [] : checked.error.issues)
      context.addIssue({ code: 'custom', path: ['params', ...issue.path], message: issue.message });
  });

const Name = z.string().regex(/^[a-z]([a-z0-9-]{0,50}[a-z0-9])?$/, 'lower case letters, digits and -');

/** One scenario file. What is left out of `truth` is what the first fault's family says. */
export const Scenario = z.strictObject({
  name: z.string().regex(/^[a-z0-9][a-z0-9-]*$/, 'lower case letters, digits and -'),
  about: z.string().default(''),
  seed: z.int().nonnegative(),
  workloads: z
    .strictObject({
      /** Other names by role, and other names for the namespaces shop, data, batch. */
      names: z.partialRecord(role, Name).default({}),
      namespaces: z.partialRecord(z.enum(['shop', 'data', 'batch']), Name).default({}),
      nodes: z.int().min(3).max(20).default(4),
    })
    .prefault({}),
  /** Healthy cluster seconds before the first fault. */
  leadIn: z.number().positive().default(600),
  faults: z.array(Fault).min(1).max(3),
  truth: z
    .strictObject({
      class: z.string().optional(),
      anomalous: z.array(z.enum(queryNames)).optional(),
      acceptable: z.array(WrittenAim).optional(),
      harmful: z.array(WrittenAim).optional(),
      recovered: z.array(Recovery).optional(),
    })
    .prefault({}),
  /** Cluster seconds after the first fault at which the run ends. */
  deadline: z.number().positive().default(3600),
});
type WrittenAim = z.infer<typeof WrittenAim>;
export type Scenario = Readonly<z.infer<typeof Scenario>>;

function readScenario(file: string, text: string): Scenario {
  const document = parseDocument(text);
  const [broken] = document.errors;
  if (broken) throw new Error(`${file}: not YAML: ${broken.message}`);
  const read = Scenario.safeParse(document.toJS());
  if (!read.success) throw new Error(`${file}: ${z.prettifyError(read.error)}`);
  return read.data;
}

/** Reads every scenario of a folder, by file name. Throws with the file, the field and what would be right. */
export function loadScenarios(folder: string): readonly Scenario[] {
  const files = readdirSync(folder)
    .filter((name) => /\.ya?ml$/.test(name))
    .sort();
  if (files.length === 0) throw new Error(`${folder}: no scenario is there; a scenario is a file *.yaml`);
  const byName = new Map<string, string>();
  return files.map((name) => {
    const file = `${basename(folder)}/${name}`;
    const scenario = readScenario(file, readFileSync(join(folder, name), 'utf8'));
    const other = byName.get(scenario.name);
    if (other) throw new Error(`${file}: name: ${scenario.name} is taken by ${other}; call it something else`);
    byName.set(scenario.name, file);
    return scenario;
  });
}

/** What counts as right in a scenario, families' answers filled in. */
export interface Truth {
  readonly class: string;
  readonly control: boolean;
  readonly metricTypes: readonly string[];
  readonly acceptable: readonly Aim[];
  readonly harmful: readonly Aim[];
}

/** A bare name means: where the family says that it is right, else on the cause itself. */
const rightAims = (written: WrittenAim, families: readonly Aim[]): readonly Aim[] => {
  if (typeof written !== 'string') return [written];
  const known = families.filter((aim) => aim.action === written);
  return known.length > 0 ? known : [{ action: written, of: '@cause' }];
};

/** A bare name means: on whatever it is done, unless it is right there. */
const wrongAim = (written: WrittenAim): Aim => (typeof written === 'string' ? { action: written } : written);

export function truthOf(scenario: Scenario): Truth {
  const { truth, faults } = scenario;
  const families = faults.map((fault) => familyOf(fault.family));
  const anomalous = truth.anomalous ?? families.flatMap((family) => family.anomalies);
  const typeOf = (name: string) => defaultQueries.find((query) => query.name === name)?.metricType ?? name;
  const acceptable = faults.flatMap(({ family, params }) => familyOf(family).acceptable(params));
  const harmful = faults.flatMap(({ family, params }) => familyOf(family).harmful(params));
  return {
    class: truth.class ?? families[0]?.class ?? 'None',
    control: families.every((family) => family.control),
    metricTypes: [...new Set(anomalous.map(typeOf))],
    acceptable: truth.acceptable?.flatMap((one) => rightAims(one, acceptable)) ?? acceptable,
    harmful: truth.harmful?.map(wrongAim) ?? harmful,
  };
}
