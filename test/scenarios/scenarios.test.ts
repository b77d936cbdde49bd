import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { faultFamilies } from '../cluster/faults/index.ts';
import { loadScenarios, truthOf } from './scenario.ts';
import { totalsOf, type Row } from './score.ts';

const library = loadScenarios(join(import.meta.dirname, 'library'));

test('every family of faults has a scenario, and six or more are controls', () => {
  const played = new Set(library.flatMap((scenario) => scenario.faults.map((fault) => fault.family)));
  expect([...faultFamilies.keys()].filter((family) => !played.has(family))).toEqual([]);
  expect(library.length).toBeGreaterThanOrEqual(48);
  expect(library.filter((scenario) => truthOf(scenario).control).length).toBeGreaterThanOrEqual(6);
  expect(new Set(library.map((scenario) => scenario.seed)).size).toBe(library.length);
});

test.each([
  ['faults: [{ family: no-such }]', /there is no family no-such/],
  ['faults: [{ family: memory-leak, params: { minutes: soon } }]', /params\.minutes/],
  ['faults: [{ family: memory-leak }]\ntruth: { anomalous: [no-such-query] }', /truth\.anomalous/],
  ['faults: []', /faults/],
])('a mistake in a file is refused with its place: %s', (text, place) => {
  const folder = mkdtempSync(join(tmpdir(), 'kubewise-scenarios-'));
  try {
    writeFileSync(join(folder, 'wrong.yaml'), `name: wrong\nseed: 1\n${text}\n`);
    expect(() => loadScenarios(folder)).toThrow(place);
    expect(() => loadScenarios(folder)).toThrow(/wrong\.yaml/);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

const row = (given: Partial<Row>): Row => ({
  ...{ scenario: 'a', family: 'a', control: false, shown: true, detected: 10, rank: 1, plan: [], actions: [] },
  ...{
    verdict: 'Fixed',
    recoveredAt: 100,
    observedRecoveredAt: undefined,
    recovered: true,
    recoverable: true,
    knowable: true,
  },
  ...{ harmful: [], incidents: 1, falseIncidents: 0, falseAbout: [], deadline: 400 },
  ...given,
});

test('totals count faults, incidents and controls each against their own kind', () => {
  const totals = totalsOf([
    row({}),
    row({ rank: 3, recovered: false, recoveredAt: undefined, harmful: ['x'] }),
    row({ detected: undefined, rank: undefined, incidents: 0, recoverable: false, recovered: false }),
    row({ control: true, incidents: 0, falseIncidents: 2, actions: ['x'], recoverable: false, recovered: false }),
  ]);
  expect(totals).toEqual({
    recall: 0.667,
    precision: 0.5,
    top1: 0.333,
    top3: 0.667,
    recovered: 0.5,
    harmful: 1,
    controlsTouched: 1,
    mttrReduction: 0.375,
    scenarios: 4,
  });
});
