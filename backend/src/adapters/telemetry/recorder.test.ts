import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createRecorder, metrics } from './index.ts';

const recorder = () => createRecorder({ processMetrics: false });

describe('the recorder', () => {
  it('exports what was counted, set and observed', async () => {
    const made = recorder();
    made.count('kubewise_verdicts_total', { verdict: 'Fixed' }, 2);
    made.gauge('kubewise_plans_waiting', 3);
    made.observe('kubewise_query_duration_seconds', 0.2, { query: 'cpu' });
    const text = await made.text();
    expect(text).toContain('kubewise_verdicts_total{verdict="Fixed"} 2');
    expect(text).toContain('kubewise_plans_waiting 3');
    expect(text).toContain('kubewise_query_duration_seconds_bucket{le="0.25",query="cpu"} 1');
  });

  it('refuses names, labels and kinds that are not on the page', () => {
    const made = recorder();
    expect(() => made.count('kubewise_nonsense_total')).toThrow(/there is no metric kubewise_nonsense_total/);
    expect(() => made.count('kubewise_verdicts_total', { colour: 'red' })).toThrow(/colour/);
    expect(() => made.gauge('kubewise_verdicts_total', 1)).toThrow(/is not a gauge/);
  });

  it('drops the labelled series of a gauge that is set anew', async () => {
    const made = recorder();
    made.gauge('kubewise_incidents_by_phase', 1, { phase: 'Firing' });
    made.resetGauge('kubewise_incidents_by_phase');
    made.gauge('kubewise_incidents_by_phase', 4, { phase: 'Proposed' });
    const text = await made.text();
    expect(text).toContain('{phase="Proposed"} 4');
    expect(text).not.toContain('phase="Firing"');
  });

  it('exports at 0 from the start what increase() would otherwise miss', async () => {
    const text = await recorder().text();
    expect(text).toContain('kubewise_verdicts_total{verdict="MadeWorse"} 0');
    expect(text).toContain('kubewise_incidents_closed_total{phase="Resolved",decided_by="policy"} 0');
    expect(text).toContain('kubewise_time_to_recover_seconds_bucket{le="1800",phase="Resolved"} 0');
    expect(text).toContain('kubewise_remediation_duration_seconds_count{action_type="scale_deployment"} 0');
  });

  it('adds process metrics where they are wanted, and lives beside others of its kind', async () => {
    const [first, second] = [createRecorder(), createRecorder()];
    first.count('kubewise_plans_total', { author: 'oom', reason: 'Proposed' });
    expect(await first.text()).toContain('process_resident_memory_bytes');
    expect(await second.text()).not.toContain('kubewise_plans_total{');
  });

  it('declares nothing that nobody sets', () => {
    const source = join(import.meta.dirname, '..', '..');
    const text = readdirSync(source, { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.ts') && !name.endsWith('.test.ts') && !name.includes('telemetry'))
      .map((name) => readFileSync(join(source, name), 'utf8'))
      .join('\n');
    expect(Object.keys(metrics).filter((name) => !text.includes(`'${name}'`))).toEqual([]);
  });

  it('keeps to the naming convention: one prefix, _total for counters alone', () => {
    for (const [name, spec] of Object.entries(metrics)) {
      expect(name).toMatch(/^kubewise_[a-z][a-z0-9_]*$/);
      expect(name.endsWith('_total'), name).toBe(spec.type === 'counter');
      if (spec.type === 'histogram') expect(name).toMatch(/_seconds$/);
    }
  });
});
