import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../model/index.ts';
import { templateDiff } from './template-diff.ts';

const revision = (container: JsonObject, spec: JsonObject = {}, annotations: JsonObject = {}): JsonObject => ({
  spec: {
    template: {
      metadata: { labels: { app: 'web', 'pod-template-hash': String(annotations['x'] ?? '1') }, annotations },
      spec: { containers: [{ name: 'web', image: 'web:1', ...container }], ...spec },
    },
  },
});
const limits = (cpu: string, memory: string): JsonObject => ({ resources: { limits: { cpu, memory } } });

describe('templateDiff', () => {
  it('takes a restart for no change', () => {
    const restarted = revision({}, {}, { 'kubectl.kubernetes.io/restartedAt': '2026-01-01T00:00:00Z', x: '2' });
    expect(templateDiff(revision({}), restarted).anything).toBe(false);
  });
  it('names the variables that changed', () => {
    const before = revision({
      env: [
        { name: 'A', value: '1' },
        { name: 'POOL', value: '20' },
      ],
    });
    const after = revision({
      env: [
        { name: 'A', value: '1' },
        { name: 'POOL', value: '90' },
      ],
    });
    expect(templateDiff(before, after)).toMatchObject({ environment: { POOL: '90' }, image: false, anything: true });
  });
  it('knows lower limits from higher ones, whatever their unit', () => {
    const before = revision(limits('1', '1Gi'));
    expect(templateDiff(before, revision(limits('250m', '512Mi')))).toMatchObject({
      ...{ cpuLimitLowered: true, memoryLimitLowered: true, resources: true },
    });
    expect(templateDiff(before, revision(limits('2', '2Gi')))).toMatchObject({
      ...{ cpuLimitLowered: false, memoryLimitLowered: false, resources: true },
    });
    expect(templateDiff(revision({}), before).cpuLimitLowered).toBe(true);
  });
  it('tells probes from placement', () => {
    const probed = templateDiff(revision({}), revision({ readinessProbe: { httpGet: { path: '/x' } } }));
    expect(probed).toMatchObject({ probes: true, placement: false });
    expect(templateDiff(revision({}), revision({}, { nodeSelector: { disk: 'nvme' } }))).toMatchObject({
      ...{ probes: false, placement: true },
    });
  });
});
