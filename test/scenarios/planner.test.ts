import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { loadConfig } from '../../backend/src/config.ts';
import { missingModel, plannerSettings } from './planner.ts';

const folder = mkdtempSync(join(tmpdir(), 'kubewise-planner-'));
afterAll(() => rmSync(folder, { recursive: true }));

it.each([
  [{ GEMINI_API_KEY: 'k' }, {}],
  [
    { LLM_PROVIDER: 'openai', LLM_MODEL: 'm', OPENAI_API_KEY: 'k' },
    { LLM_PROVIDER: 'openai', OPENAI_API_KEY: 'k' },
  ],
  [{ LLM_PROVIDER: 'azure', LLM_MODEL: 'm', OPENAI_API_KEY: 'k', OPENAI_BASE_URL: 'https://a.example/v1' }, {}],
  [{ LLM_PROVIDER: 'bedrock', LLM_MODEL: 'm', OPENAI_API_KEY: 'k', OPENAI_BASE_URL: 'https://b.example/v1' }, {}],
  [{ LLM_PROVIDER: 'anthropic', LLM_MODEL: 'm', ANTHROPIC_API_KEY: 'k' }, { ANTHROPIC_API_KEY: 'k' }],
  [
    { HOLMES_LLM_PROVIDER: 'ollama', HOLMES_DEFAULT_MODEL: 'm' },
    { LLM_PROVIDER: 'ollama', LLM_MODEL: 'm' },
  ],
  [{ LLM_PROVIDER: 'ramalama', LLM_MODEL: 'm' }, { LLM_PROVIDER: 'ramalama' }],
])('%j reaches KubeWise, and no runbook answers before the model', (env, expected) => {
  expect(missingModel(env)).toBeUndefined();
  const settings = plannerSettings('llm', { ...env, PATH: '/bin', PORT: '1' }, folder);
  expect(settings).not.toHaveProperty('PORT');
  const { config } = loadConfig(settings);
  expect(config).toMatchObject(expected);
  expect(readdirSync(config.RUNBOOKS_DIR ?? expect.fail('the built-in runbooks would answer'))).toEqual([]);
});

it.each([
  [{}, 'GEMINI_API_KEY'],
  [{ LLM_PROVIDER: 'anthropic', LLM_MODEL: 'm' }, 'ANTHROPIC_API_KEY'],
  [{ LLM_PROVIDER: 'openai' }, 'LLM_MODEL and OPENAI_API_KEY'],
])('%j: says what is missing', (env, named) => {
  expect(missingModel(env)).toContain(named);
});

it('the rules plan without any model, whatever lies in the environment', () => {
  expect(plannerSettings('rules', { GEMINI_API_KEY: 'k' }, folder)).toEqual({});
});
