import { join } from 'node:path';
import { expect, test } from 'vitest';
import { play } from '../scenarios/play.ts';
import { loadScenarios } from '../scenarios/scenario.ts';
import { rowOf } from '../scenarios/score.ts';

const library = loadScenarios(join(import.meta.dirname, '..', 'scenarios', 'library'));

/** One of each kind of trouble that must be noticed, on the simulated cluster, while nobody acts. */
test.each([
  ['resource exhaustion', 'memory-leak', 'OutOfMemory'],
  ['application health', 'bad-release', 'BadRollout'],
  ['the control plane', 'etcd-slow', 'EtcdSlow'],
  ['nodes', 'node-memory', 'NodePressure'],
  ['workload instability', 'replica-mismatch', 'ReplicaMismatch'],
])(
  'trouble with %s is detected and blamed rightly: %s',
  async (_, name, cause) => {
    const scenario = library.find((one) => one.name === name);
    if (!scenario) throw new Error(`there is no scenario ${name}`);
    const observed = await play(scenario, { mode: 'observe', planner: 'rules' });
    const row = rowOf(scenario, observed, observed);
    // How many more incidents are told of than there are is in the scenario results, over all of them.
    expect(row).toMatchObject({ shown: true, rank: 1, actions: [] });
    expect(row.detected).toBeGreaterThan(0);
    expect(observed.incidents.map((incident) => incident.causes[0]?.class)).toContain(cause);
  },
  900_000,
);
