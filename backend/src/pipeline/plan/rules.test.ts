import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { Cause } from '../../model/index.ts';
import { proposeByRules } from './rules.ts';
import { Runbook } from './runbook.ts';

const folder = new URL('../../../../runbooks/', import.meta.url);
const shipped = readdirSync(folder).flatMap((name) =>
  (parse(readFileSync(new URL(name, folder), 'utf8')) as unknown[]).map((row) => Runbook.parse(row)),
);
const cause = (kind: string, facts: Cause['facts'], score = 0.9): Cause =>
  Cause.parse({
    class: kind,
    target: { cluster: 'c', kind: 'Deployment', namespace: 'shop', name: 'web' },
    score,
    message: 'because',
    evidence: [],
    facts: {
      kind: 'Deployment',
      name: 'web',
      ns: 'shop',
      replicas: 2,
      container: 'web',
      recentRollout: false,
      ...facts,
    },
  });
const proposed = (...causes: Cause[]) => proposeByRules(causes, shipped)?.proposal.steps.map((one) => one.action);

describe('the shipped runbooks', () => {
  it('are well formed and have ids of their own', () => {
    expect(shipped.length).toBeGreaterThan(8);
    expect(new Set(shipped.map((one) => one.id)).size).toBe(shipped.length);
  });
  it('raise the memory limit after an OOM kill', () => {
    expect(proposed(cause('OutOfMemory', { memoryWanted: '512Mi' }))).toEqual([
      { name: 'increase_resources', params: { name: 'web', ns: 'shop', container: 'web', memory: '512Mi' } },
    ]);
  });
  it('raise it on whatever kind of workload was killed, and on nothing that has no template to change', () => {
    const params = { name: 'web', ns: 'shop', kind: 'StatefulSet', container: 'web', memory: '512Mi' };
    expect(proposed(cause('OutOfMemory', { kind: 'StatefulSet', memoryWanted: '512Mi' }))).toEqual([
      { name: 'increase_resources', params },
    ]);
    expect(proposed(cause('OutOfMemory', { kind: 'Job', memoryWanted: '512Mi' }))).toBeUndefined();
  });
  it('roll back when a rollout began the OOM kills', () => {
    const facts = { memoryWanted: '512Mi', recentRollout: true, hasPreviousRevision: true };
    expect(proposed(cause('OutOfMemory', facts))?.[0]?.name).toBe('rollback_deployment');
  });
  it('scale out, but raise the limit where an autoscaler owns the replicas', () => {
    const facts = { replicasWanted: 5, cpuWanted: '1' };
    expect(proposed(cause('CpuSaturation', { ...facts, autoscaled: false }))?.[0]).toEqual({
      name: 'scale_deployment',
      params: { name: 'web', ns: 'shop', replicas: 5 },
    });
    expect(proposed(cause('CpuSaturation', { ...facts, autoscaled: true }))?.[0]?.name).toBe('increase_resources');
  });
  it('do not roll back what no rollout explains', () => {
    expect(proposed(cause('ImagePull', {}))?.[0]?.name).toBe('notify_only');
  });
  it('say nothing about a guess, or when a fact is missing', () => {
    expect(proposed(cause('OutOfMemory', { memoryWanted: '1Gi' }, 0.3))).toBeUndefined();
    expect(proposed(cause('OutOfMemory', {}))).toBeUndefined();
  });
});
