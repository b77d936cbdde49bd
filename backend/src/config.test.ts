import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ConfigError, loadConfig, maskedConfig, parseSetting, runtimeSettings } from './config.ts';

const file = (name: string, text: string): string => {
  const path = join(mkdtempSync(join(tmpdir(), 'kubewise-config-')), name);
  writeFileSync(path, text);
  return path;
};
const problemsOf = (env: Record<string, string>, options = {}): readonly string[] => {
  try {
    loadConfig(env, options);
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
  return [];
};

describe('loadConfig', () => {
  it('has a default for everything', () => {
    const { config, aliases } = loadConfig({});
    expect(config.REMEDIATION_MODE).toBe('MANUAL');
    expect(config.PROM_POLL_INTERVAL).toBe(60);
    expect(config.DEFAULT_ANOMALY_THRESHOLD).toBe(0.75);
    expect(aliases).toEqual({});
    expect(Object.isFrozen(config)).toBe(true);
  });

  it('reports every bad setting at once, by name', () => {
    const problems = problemsOf({
      PORT: 'eighty',
      PROM_URL: 'localhost:9090',
      ANOMALY_THRESHOLDS: '{"cpu":1.5}',
      AUTH_TOKENS: '[{"id":"a","role":"root","token":"short"}]',
      MONGO_URI: 'postgres://x',
      NOTIFY_WEBHOOKS: '[{',
    });
    for (const name of [
      'PORT',
      'PROM_URL',
      'ANOMALY_THRESHOLDS.cpu',
      'AUTH_TOKENS.0.role',
      'AUTH_TOKENS.0.token',
      'MONGO_URI',
      'NOTIFY_WEBHOOKS',
    ])
      expect(problems.some((problem) => problem.startsWith(name))).toBe(true);
  });

  it('takes the names of older systems and says which', () => {
    const { config, aliases } = loadConfig({ PROMETHEUS_URL: 'http://p:9090', MONGODB_ATLAS_URI: 'mongodb://m/x' });
    expect(config.PROM_URL).toBe('http://p:9090');
    expect(config.MONGO_URI).toBe('mongodb://m/x');
    expect(aliases).toEqual({ PROMETHEUS_URL: 'PROM_URL', MONGODB_ATLAS_URI: 'MONGO_URI' });
  });

  it('lets the environment win over .env, and .env over the file', () => {
    const yaml = file('kubewise.yaml', 'PORT: 1\nHOST: from-file\nLOG_LEVEL: ERROR\n');
    const dotEnv = file('.env', 'PORT=2\nHOST=from-dotenv\n');
    const { config, sources } = loadConfig({ PORT: '3' }, { file: yaml, dotEnv });
    expect([config.PORT, config.HOST, config.LOG_LEVEL]).toEqual([3, 'from-dotenv', 'error']);
    expect(sources).toMatchObject({ PORT: 'environment', HOST: '.env', LOG_LEVEL: 'file' });
  });

  it('refuses a setting in the file that does not exist, and a file that cannot be read', () => {
    expect(problemsOf({}, { file: file('k.yaml', 'PROT: 8000\n') })[0]).toMatch(/^PROT .*no such setting/);
    expect(problemsOf({}, { file: join(tmpdir(), 'is-not-there.yaml') })[0]).toMatch(/is-not-there/);
  });

  it('never shows a secret', () => {
    const { config } = loadConfig({
      GEMINI_API_KEY: 'very-secret-key',
      MONGO_URI: 'mongodb://user:hunter2@db/x',
      PROM_URL: 'http://user:hunter2@prom:9090',
    });
    const shown = JSON.stringify(maskedConfig(config));
    expect(shown).not.toMatch(/very-secret-key|hunter2/);
    expect(shown).toMatch(/prom:9090/);
  });
});

describe('parseSetting', () => {
  it('reads what may change at run time and names what is wrong', () => {
    expect(runtimeSettings).toContain('ANOMALY_THRESHOLDS');
    expect(parseSetting('ANOMALY_THRESHOLDS', { cpu: 0.9 })).toEqual({ ok: true, value: { cpu: 0.9 } });
    const wrong = parseSetting('DEFAULT_ANOMALY_THRESHOLD', 7);
    expect(wrong).toMatchObject({ ok: false });
    expect(JSON.stringify(wrong)).toMatch(/DEFAULT_ANOMALY_THRESHOLD/);
  });
});
