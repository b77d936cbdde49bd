import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { faultFamilies } from '../cluster/faults/index.ts';
import type { WatchedQuery } from '../../backend/src/model/index.ts';
import { withoutSuffix, writeOf, writeText } from './aims.ts';
import { firstOff } from './deviation.ts';
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
  ...{
    scenario: 'a',
    family: 'a',
    control: false,
    shown: true,
    detected: 10,
    delay: 1,
    lead: undefined,
    grows: false,
    rank: 1,
    plan: [],
    actions: [],
  },
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
    row({ grows: true, delay: undefined, lead: 240 }),
    row({ delay: 2.5, rank: 3, recovered: false, recoveredAt: undefined, harmful: ['x'] }),
    row({ detected: undefined, delay: undefined, rank: undefined, incidents: 0, recoverable: false, recovered: false }),
    row({ control: true, incidents: 0, falseIncidents: 2, actions: ['x'], recoverable: false, recovered: false }),
  ]);
  expect(totals).toEqual({
    recall: 0.75,
    precision: 0.6,
    medianDelay: 1.75,
    withinTwo: 0.333,
    medianLead: 240,
    falseOnControls: 2,
    top1: 0.5,
    top3: 0.75,
    recovered: 0.667,
    harmful: 1,
    controlsTouched: 1,
    mttrReduction: 0.5,
    scenarios: 5,
  });
});

const right = { kind: 'Deployment', namespace: 'a', name: 'web' };
const observed = (): Observed => ({
  ...{ rootCauses: [right], roles: { search: right, cart: { ...right, name: 'web-cache' } } },
  ...{ injectedAt: 0, recoveredAt: undefined, shown: true, impactAt: undefined, deviatedAt: undefined, incidents: [] },
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

const watched = (given: Partial<WatchedQuery>): WatchedQuery => ({
  ...{ name: 'a', query: 'a', metricType: 'a', unit: '', aggregate: 'sum', direction: 'up', ...given },
});

test.each([
  ['beyond all before, and worth telling', watched({}), [1, 1.1, 1, 1.1, 1.3], 4],
  ['on the side that is no trouble', watched({}), [1, 1.1, 1, 0.5, 0.5], undefined],
  ['beyond, but by less than anybody cares', watched({}), [1, 1.05, 1.02, 1.1, 1.11], undefined],
  ['as far out as an hour ago', watched({}), [1, 9, 1, 1, 9], undefined],
  ['of a series that was not there', watched({ healthy: 0 }), [NaN, NaN, NaN, 0, 1], 4],
])('the first deviating sample is one that is %s', (_, query, values, expected) => {
  expect(firstOff(query, [0, 1, 2, 3, 4], values, 3)).toBe(expected);
});

test.each([
  ['search-5cc7f87b79-8dfwn', 'search'],
  ['node-exporter-x2x4z', 'node-exporter'],
  ['orders-db-2', 'orders-db'],
])('%s is a pod of %s', (pod, workload) => expect(withoutSuffix(pod)).toBe(workload));
