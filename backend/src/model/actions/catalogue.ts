import { z } from 'zod';
import { wanted } from '../wanted.ts';
import type { ActionDefinition } from './action-definition.ts';
import { deletePod } from './delete-pod.ts';
import { drainNode } from './drain-node.ts';
import { expandPvc } from './expand-pvc.ts';
import { failoverDatabase } from './failover-database.ts';
import { increaseResources } from './increase-resources.ts';
import { cordonNode, uncordonNode } from './node.ts';
import { notifyOnly } from './notify-only.ts';
import { restartPod } from './restart-pod.ts';
import { restartDaemonSet, restartDeployment, restartStatefulSet } from './restart-workload.ts';
import { rollbackDaemonSet, rollbackDeployment, rollbackStatefulSet } from './rollback-workload.ts';
import { rotateSecrets } from './rotate-secrets.ts';
import { scaleDeployment, scaleStatefulSet } from './scale-workload.ts';
import { updateHpa } from './update-hpa.ts';

/** The table of safe operations: what is not in it cannot be said, let alone done. */
const table = [
  scaleDeployment,
  restartDeployment,
  rollbackDeployment,
  restartPod,
  deletePod,
  increaseResources,
  updateHpa,
  expandPvc,
  scaleStatefulSet,
  restartStatefulSet,
  restartDaemonSet,
  rollbackStatefulSet,
  rollbackDaemonSet,
  cordonNode,
  uncordonNode,
  drainNode,
  failoverDatabase,
  rotateSecrets,
  notifyOnly,
] as const;

/** Erases a row's parameter type: from here on parameters are what `params.parse` let through. */
const erased = table as unknown as readonly ActionDefinition[];
export const catalogue: ReadonlyMap<string, ActionDefinition> = new Map(erased.map((row) => [row.name, row]));
export const actionNames = erased.map((row) => row.name);

/** An action as data: a name of the catalogue and parameters that its schema accepts. */
export const Command = z
  .object({ name: z.string(), params: z.record(z.string(), z.unknown()) })
  .transform((given, context) => {
    const definition = catalogue.get(given.name);
    if (!definition) {
      context.addIssue({
        code: 'custom',
        path: ['name'],
        message: `unknown action "${given.name}"; known: ${actionNames.join(', ')}`,
      });
      return z.NEVER;
    }
    const params = definition.params.safeParse(given.params, { error: wanted });
    if (params.success) return { name: given.name, params: params.data };
    for (const issue of params.error.issues)
      context.addIssue({ code: 'custom', path: ['params', ...issue.path], message: issue.message });
    return z.NEVER;
  });
export type Command = { readonly name: string; readonly params: Readonly<Record<string, unknown>> };

/** The catalogue row of a parsed command. Throws on a name that did not come through `Command`. */
export function definitionOf(command: Pick<Command, 'name'>): ActionDefinition {
  const definition = catalogue.get(command.name);
  if (!definition) throw new Error(`action "${command.name}" is not in the catalogue`);
  return definition;
}

const quoted = (value: unknown): string => {
  const plain = String(value);
  return /^[^\s"=]+$/.test(plain) ? plain : JSON.stringify(plain);
};

/** The text form: `scale_deployment name=web ns=default replicas=3`. parse ∘ print = identity. */
export function printCommand(command: Command): string {
  const { order } = definitionOf(command);
  const pairs = order
    .filter((key) => command.params[key] !== undefined)
    .map((key) => `${key}=${quoted(command.params[key])}`);
  return [command.name, ...pairs].join(' ');
}

export type ParsedCommand =
  { readonly ok: true; readonly command: Command } | { readonly ok: false; readonly message: string };

/** Reads the text form; every error names the word it stumbled over. */
export function parseCommand(line: string): ParsedCommand {
  const words = line.trim().match(/(?:[^\s"]+|"(?:[^"\\]|\\.)*")+/g) ?? [];
  const [name = '', ...pairs] = words;
  const params: Record<string, unknown> = {};
  for (const pair of pairs) {
    const cut = pair.indexOf('=');
    if (cut < 1) return { ok: false, message: `"${pair}" is not key=value` };
    const key = pair.slice(0, cut);
    if (key in params) return { ok: false, message: `${key} is given twice` };
    const value = unquoted(pair.slice(cut + 1));
    if (value === undefined) return { ok: false, message: `the value of ${key} is not well quoted` };
    params[key] = value;
  }
  const parsed = Command.safeParse({ name, params });
  if (parsed.success) return { ok: true, command: parsed.data };
  return {
    ok: false,
    message: parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`).join('; '),
  };
}

function unquoted(word: string): string | undefined {
  if (!word.startsWith('"')) return word.includes('"') ? undefined : word;
  try {
    const value: unknown = JSON.parse(word);
    return typeof value === 'string' ? value : undefined;
  } catch {
    return undefined;
  }
}
