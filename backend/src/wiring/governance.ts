import { readYaml, readYamlFolder, watchYaml } from '../adapters/files/index.ts';
import type { Config } from '../config.ts';
import { Policy } from '../model/index.ts';
import type { createSwitches } from '../pipeline/operate.ts';
import { Runbook } from '../pipeline/plan/index.ts';
import type { Log } from '../pipeline/ports.ts';

type Switches = ReturnType<typeof createSwitches>;

/** Policy and runbooks from files, parsed at the door; a policy that turns bad while running is refused by name. */
export function governanceOf(
  config: Config,
  ownRunbooks: string,
  switches: Switches,
  log: Log,
  onStop: (name: string, stop: () => void) => void,
) {
  const cooldown = config.REMEDIATION_COOLDOWN_SECONDS;
  const parsePolicy = (content: unknown): Policy =>
    Policy.parse({ ...(content as object | null), ...(cooldown !== undefined && { cooldownSeconds: cooldown }) });
  let policy = parsePolicy(config.POLICY_FILE ? readYaml(config.POLICY_FILE).content : {});
  if (config.POLICY_FILE)
    onStop(
      'policy',
      watchYaml(
        config.POLICY_FILE,
        ({ path, content }) => {
          const parsed = Policy.safeParse(content);
          if (parsed.success) policy = parsePolicy(content);
          else
            log.error(
              { module: 'policy', path },
              `the policy has mistakes and stays as it was: ${parsed.error.message}`,
            );
        },
        (message) => log.error({ module: 'policy' }, `the policy stays as it was: ${message}`),
      ),
    );
  const runbooks = readYamlFolder(config.RUNBOOKS_DIR ?? ownRunbooks).flatMap(({ path, content }) =>
    (Array.isArray(content) ? content : [content]).map((row) => {
      const parsed = Runbook.safeParse(row);
      if (!parsed.success) throw new Error(`runbook ${path}: ${parsed.error.message}`);
      return parsed.data;
    }),
  );
  return {
    policy: () => policy,
    runbooks: () => runbooks,
    mode: () => switches.mode(),
    killSwitch: () => switches.killSwitch(),
  };
}
