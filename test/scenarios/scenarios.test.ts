import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { faultFamilies } from '../cluster/faults/index.ts';
import { writeOf, writeText } from './aims.ts';
import type { Observed } from './play.ts';
import { loadScenarios, truthOf, type Truth } from './scenario.ts';
import { harmfulOf, totalsOf, type Row } from './score.ts';

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
  ['faults: [{ family: memory-leak', /not YAML/],
  ['faults: [{ family: memory-leak, params: { role: no-such } }]', /"frontend"[^]*params\.role/],
  ['faults: [{ family: memory-leak }]\nworkloads: { names: { no-such: a } }', /workloads\.names/],
  [
    'faults: [{ family: memory-leak }]\ntruth: { acceptable: [{ action: restart_pod, of: no-such }] }',
    /truth\.acceptable/,
  ],
  ['faults: [{ family: memory-leak }]\ntruth: { recovered: [{ what: Latency, of: no-such, below: 1 }] }', /recovered/],
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

const right = { kind: 'Deployment', namespace: 'a', name: 'web' };
const observed = (): Observed => ({
  ...{ rootCauses: [right], roles: { search: right, cart: { ...right, name: 'web-cache' } } },
  ...{ injectedAt: 0, recoveredAt: undefined, shown: true, incidents: [] },
});

test.each([
  [['restart_deployment ns=a name=web'], []],
  [['restart_pod ns=a name=web-5d8f7c9b4-x2x4z'], []],
  // Right, but elsewhere.
  [['restart_deployment ns=a name=web-cache'], ['restart_deployment a/web-cache']],
  [['restart_pod ns=a name=web-cache-0'], ['restart_pod a/web-cache-0']],
  // Wrong by name, on whatever.
  [['scale_deployment ns=a name=web replicas=3'], ['scale_deployment a/web']],
  // Neither.
  [['cordon_node name=node-1'], []],
  [['notify_only message=hello'], []],
])('an action is judged by its object: %j', (commands, harmful) => {
  const truth: Truth = {
    ...{ class: 'StuckPod', control: false, metricTypes: [], harmful: [{ action: 'scale_deployment' }] },
    acceptable: [
      { action: 'restart_deployment', of: '@cause' },
      { action: 'restart_pod', of: 'search' },
    ],
  };
  const writes = commands.flatMap((command) => writeOf(command) ?? []);
  expect(harmfulOf(truth, writes, observed()).map(writeText)).toEqual(harmful);
});
