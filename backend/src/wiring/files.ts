import { accessSync, constants, mkdirSync } from 'node:fs';
import { z } from 'zod';
import { readYaml, readYamlFolder, type YamlFile } from '../adapters/files/index.ts';
import { ConfigError, type Config } from '../config.ts';
import { Policy, wanted } from '../model/index.ts';
import { Runbook } from '../pipeline/plan/index.ts';

/** What the settings point to, read and parsed. */
export interface Files {
  readonly policy: Policy;
  readonly runbooks: readonly Runbook[];
}

/** A value, or the sentences that say why there is none. */
type Tried<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly problems: readonly string[] };

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** One sentence per wrong field. */
export const fieldsOf = (error: z.ZodError): string =>
  error.issues.map((issue) => `${issue.path.map(String).join('.') || 'the whole'}: ${issue.message}`).join('; ');

/** The policy as a file says it; REMEDIATION_COOLDOWN_SECONDS wins over its cooldown. */
export function policyOf({ REMEDIATION_COOLDOWN_SECONDS: cooldown }: Config, content: unknown) {
  return z
    .record(z.string(), z.unknown())
    .nullish()
    .transform((given): unknown => ({ ...given, ...(cooldown !== undefined && { cooldownSeconds: cooldown }) }))
    .pipe(Policy)
    .safeParse(content, { error: wanted });
}

function tried<T>(setting: string, read: () => readonly Tried<T>[]): Tried<readonly T[]> {
  try {
    const all = read();
    const problems = all.flatMap((one) => (one.ok ? [] : one.problems));
    if (problems.length > 0) return { ok: false, problems: problems.map((one) => `${setting}: ${one}`) };
    return { ok: true, value: all.flatMap((one) => (one.ok ? [one.value] : [])) };
  } catch (error) {
    return { ok: false, problems: [`${setting}: ${messageOf(error)}`] };
  }
}

const named = <T>(path: string, parsed: z.ZodSafeParseResult<T>): Tried<T> =>
  parsed.success ? { ok: true, value: parsed.data } : { ok: false, problems: [`${path}: ${fieldsOf(parsed.error)}`] };

const pages = ({ path, content }: YamlFile): Tried<Runbook>[] =>
  (Array.isArray(content) ? content : [content]).map((row) => named(path, Runbook.safeParse(row, { error: wanted })));

function makePrivate(folder: string): Tried<string>[] {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  accessSync(folder, constants.W_OK);
  return [{ ok: true, value: folder }];
}

/**
 * Reads the files and makes the folder that the settings name, before anything is started.
 * @throws ConfigError with everything that is wrong with any of them
 */
export function filesOf(config: Config, ownRunbooks: string): Files {
  const { POLICY_FILE: policyFile, RUNBOOKS_DIR: runbooksFolder = ownRunbooks } = config;
  const folder = tried('DATA_DIR', () => makePrivate(config.DATA_DIR));
  const policy = tried('POLICY_FILE', () => [
    named(policyFile ?? '', policyOf(config, policyFile ? readYaml(policyFile).content : {})),
  ]);
  const runbooks = tried('RUNBOOKS_DIR', () => readYamlFolder(runbooksFolder).flatMap(pages));
  const problems = [folder, policy, runbooks].flatMap((one) => (one.ok ? [] : one.problems));
  const [found] = policy.ok ? policy.value : [];
  if (!found || !runbooks.ok || problems.length > 0) throw new ConfigError(problems);
  return { policy: found, runbooks: runbooks.value };
}
