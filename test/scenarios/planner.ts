import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { loadConfig } from '../../backend/src/config.ts';
import { modelOf } from '../../backend/src/wiring/index.ts';

/** Who plans: the runbooks alone, or a model alone, so that the one is the yardstick of the other. */
export type Planner = 'rules' | 'llm';
type Settings = Readonly<Record<string, string | undefined>>;

const ofModels = /^(?:LLM|HOLMES|GEMINI|OPENAI|ANTHROPIC|OLLAMA)_/;

/** The settings that say which model plans and where it is: of any provider that KubeWise knows. */
const modelSettings = (env: Settings): Settings =>
  Object.fromEntries(Object.entries(env).filter(([name]) => ofModels.test(name)));

/** What KubeWise is told about planners; a model gets no runbooks, for they would answer first. `folder`: the run's own. */
export function plannerSettings(planner: Planner, env: Settings, folder: string): Settings {
  if (planner === 'rules') return {};
  const noRunbooks = join(folder, 'no-runbooks');
  mkdirSync(noRunbooks, { recursive: true });
  return { ...modelSettings(env), RUNBOOKS_DIR: noRunbooks };
}

/** What the settings of this environment lack before a model can plan; undefined = nothing. */
export function missingModel(env: Settings): string | undefined {
  let missing: string | undefined;
  const quiet = (): void => undefined;
  const { config } = loadConfig(modelSettings(env));
  modelOf(config, { ...{ debug: quiet, info: quiet, error: quiet }, warn: (_, said) => void (missing = said) });
  return missing;
}
