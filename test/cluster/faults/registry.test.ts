import { afterEach, describe, expect, it } from 'vitest';
import { defaultQueries } from '../../../backend/src/pipeline/collect/index.ts';
import { startShopCluster, type ShopCluster } from '../shop-cluster.ts';
import { faultFamilies, type Aim, type FaultFamily } from './index.ts';
import { tryFamily } from './trial.ts';

const all = [...faultFamilies.values()];
const at = Date.UTC(2026, 10, 25, 12) / 1000;
let cluster: ShopCluster | undefined;
afterEach(() => cluster?.close());

describe('the registry', () => {
  it('has 48 families and more, six of them controls, each with defaults for all its parameters', () => {
    expect(all.filter((one) => one.control)).toHaveLength(6);
    expect(all.length).toBeGreaterThanOrEqual(48);
    for (const one of all) expect(one.params.safeParse({}).success, one.family).toBe(true);
  });

  it('expects anomalies only in series that KubeWise asks for', () => {
    const known = new Set(defaultQueries.map((one) => one.name));
    expect(all.flatMap((one) => one.anomalies).filter((name) => !known.has(name))).toEqual([]);
  });

  it('calls no action on one object both right and wrong, unless it says which pod', () => {
    const text = (aim: Aim): string => `${aim.action} ${aim.of ?? ''}`;
    for (const one of all) {
      const wrong = new Set(one.harmful({}).map(text));
      const both = one
        .acceptable({})
        .map(text)
        .filter((aim) => wrong.has(aim) && !aim.startsWith('delete_pod'));
      expect(both, one.family).toEqual([]);
    }
  });

  it('puts every fault right with requests to the API server, and breaks it with some', () => {
    for (const one of all.filter((family) => !family.control && !family.healsItself)) {
      expect(
        one.cure({}).filter((step) => step.action !== 'notify_only'),
        one.family,
      ).not.toEqual([]);
      expect(one.harm({}), one.family).not.toEqual([]);
    }
  });

  it('gives a control nothing to put right', () => {
    for (const one of all.filter((family) => family.control)) expect(one.acceptable({}), one.family).toEqual([]);
  });
});

describe('in a cluster', () => {
  it.each(['bad-image', 'hung-pod', 'replica-mismatch'])(
    '%s shows, stays, is not put right by its harmful plan and is by its cure',
    async (name) => {
      cluster = await startShopCluster({ seed: 3, speed: Infinity, pastDays: 0, start: at });
      const trial = await tryFamily(cluster, faultFamilies.get(name) as FaultFamily);
      expect(trial.shown).toBeDefined();
      expect(trial.observed).toBeDefined();
      expect(trial.harmed).toBeDefined();
      expect(trial.cured).toBeUndefined();
    },
    240_000,
  );
});
