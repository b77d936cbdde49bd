import { watchYaml } from '../adapters/files/index.ts';
import type { Config } from '../config.ts';
import type { Switches } from '../pipeline/switches.ts';
import type { Log } from '../pipeline/ports.ts';
import { fieldsOf, policyOf, type Files } from './files.ts';

/** Policy and runbooks as they were read; a policy that turns bad while running is refused by name. */
export function governanceOf(
  config: Config,
  files: Files,
  switches: Switches,
  log: Log,
  onStop: (name: string, stop: () => void) => void,
) {
  let { policy } = files;
  if (config.POLICY_FILE)
    onStop(
      'policy',
      watchYaml(
        config.POLICY_FILE,
        ({ path, content }) => {
          const parsed = policyOf(config, content);
          if (parsed.success) policy = parsed.data;
          else
            log.error(
              { module: 'policy', path },
              `the policy has mistakes and stays as it was: ${fieldsOf(parsed.error)}`,
            );
        },
        (message) => log.error({ module: 'policy' }, `the policy stays as it was: ${message}`),
      ),
    );
  return {
    policy: () => policy,
    runbooks: () => files.runbooks,
    mode: () => switches.mode(),
    killSwitch: () => switches.killSwitch(),
  };
}
