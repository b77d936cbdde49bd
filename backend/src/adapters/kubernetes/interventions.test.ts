import { beforeEach, describe, expect, it } from 'vitest';
import type { JsonObject } from '../../model/index.ts';
import { createInterventions, type Interventions } from './interventions.ts';
import type { Kept } from './tidy.ts';
import { createTopology } from './topology.ts';

/** Two replicas of an image; of the observed generation, so many run it. */
const web = (image: string, generation: number, observed: number, updated: number): Kept => {
  const object: JsonObject = {
    kind: 'Deployment',
    metadata: { namespace: 'shop', name: 'web', uid: 'u', generation, creationTimestamp: '2020-01-01T00:00:00Z' },
    spec: { replicas: 2, template: { spec: { containers: [{ name: 'main', image }] } } },
    status: { observedGeneration: observed, replicas: 2, updatedReplicas: updated, availableReplicas: 2 },
  };
  return { object, writes: [] };
};
const settled = web('web:1', 1, 1, 2);

let now: number;
let interventions: Interventions;
beforeEach(() => {
  now = 1_790_000_000;
  interventions = createInterventions(createTopology('c'), () => now);
});

/** The next thing that the watch sees of the Deployment, so many seconds later. */
function sees(seconds: number, before: Kept, after: Kept): Kept {
  now += seconds;
  interventions.observe('Deployment', before, after, false);
  return after;
}
const ends = (): readonly (number | undefined)[] => interventions.since(0).map((one) => one.settledAt);

describe('a change', () => {
  it('has settled when the watch sees that everything it asked for runs', () => {
    const asked = sees(0, settled, web('web:2', 2, 1, 2));
    const begun = sees(5, asked, web('web:2', 2, 2, 1));
    expect(ends()).toEqual([undefined]);
    const done = sees(40, begun, web('web:2', 2, 2, 2));
    expect(ends()).toEqual([1_790_000_045]);
    sees(600, done, done);
    expect(ends()).toEqual([1_790_000_045]);
  });
  it('settles together with the one that overtook it', () => {
    const first = sees(0, settled, web('web:2', 2, 1, 2));
    const second = sees(20, first, web('web:3', 3, 2, 1));
    sees(30, second, web('web:3', 3, 3, 2));
    expect(ends()).toEqual([1_790_000_050, 1_790_000_050]);
  });
  it('that was over when we came was over when the Deployment said so', () => {
    const created = now - 300;
    const iso = (at: number): string => new Date(at * 1000).toISOString();
    const young = (conditions: readonly JsonObject[]): Kept => {
      const { object } = settled;
      const metadata = { ...(object['metadata'] as JsonObject), creationTimestamp: iso(created) };
      return {
        object: { ...object, metadata, status: { ...(object['status'] as JsonObject), conditions } },
        writes: [],
      };
    };
    const available = { type: 'Progressing', reason: 'NewReplicaSetAvailable', lastUpdateTime: iso(created + 25) };
    interventions.observe('Deployment', undefined, young([available]), true);
    expect(ends()).toEqual([created + 25]);
    interventions = createInterventions(createTopology('c'), () => now);
    interventions.observe('Deployment', undefined, young([]), true);
    expect(ends()).toEqual([created]);
  });
});
