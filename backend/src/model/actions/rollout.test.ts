import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../json.ts';
import { restartStatefulSet } from './restart-workload.ts';
import { rolloutProgress } from './rollout.ts';

const seen = { observedGeneration: 2 };
const workload = (kind: string, spec: JsonObject, status: JsonObject): JsonObject => ({
  kind,
  metadata: { generation: 2 },
  spec,
  status: { ...seen, ...status },
});
const deployment = (status: JsonObject) => workload('Deployment', { replicas: 3 }, status);
const set = (status: JsonObject, spec: JsonObject = { replicas: 3 }) => workload('StatefulSet', spec, status);
const daemon = (status: JsonObject) => workload('DaemonSet', {}, status);
const revisions = (currentRevision: string, updateRevision: string) => ({ currentRevision, updateRevision });
const full = { replicas: 3, readyReplicas: 3 };
const partition = (ordinal: number) => ({ replicas: 3, updateStrategy: { rollingUpdate: { partition: ordinal } } });

describe('rolloutProgress', () => {
  it.each<[string, JsonObject, string, RegExp]>([
    ['not observed', deployment({ observedGeneration: 1 }), 'Progressing', /controller to observe/],
    ['updating', deployment({ updatedReplicas: 1 }), 'Progressing', /1 of 3 replicas updated/],
    ['old ones', deployment({ updatedReplicas: 3, replicas: 4 }), 'Progressing', /1 old/],
    ['unavailable', deployment({ updatedReplicas: 3, replicas: 3, availableReplicas: 2 }), 'Progressing', /2 of 3/],
    ['done', deployment({ updatedReplicas: 3, replicas: 3, availableReplicas: 3 }), 'Settled', /available/],
    [
      'stuck',
      deployment({ conditions: [{ type: 'Progressing', reason: 'ProgressDeadlineExceeded' }] }),
      'Failed',
      /progress deadline/,
    ],
    ['members missing', set({ replicas: 3, readyReplicas: 2 }), 'Progressing', /2 of 3 replicas ready/],
    ['members too many', set({ replicas: 4, readyReplicas: 4 }), 'Progressing', /1 replicas still to be removed/],
    ['two revisions', set({ ...full, ...revisions('a', 'b'), updatedReplicas: 1 }), 'Progressing', /1 of 3/],
    ['one revision', set({ ...full, ...revisions('b', 'b') }), 'Settled', /./],
    ['partition open', set({ ...full, ...revisions('a', 'b') }, partition(2)), 'Progressing', /0 of 1/],
    ['partition done', set({ ...full, ...revisions('a', 'b'), updatedReplicas: 1 }, partition(2)), 'Settled', /./],
    ['nodes to go', daemon({ desiredNumberScheduled: 3, updatedNumberScheduled: 1 }), 'Progressing', /1 of 3 nodes/],
    [
      'pods to come',
      daemon({ desiredNumberScheduled: 3, updatedNumberScheduled: 3, numberAvailable: 2 }),
      'Progressing',
      /2 of 3 pods/,
    ],
    [
      'every node',
      daemon({ desiredNumberScheduled: 3, updatedNumberScheduled: 3, numberAvailable: 3 }),
      'Settled',
      /./,
    ],
  ])('%s', (_name, live, state, message) => {
    const progress = rolloutProgress(live);
    expect(progress.state).toBe(state);
    expect(progress.message).toMatch(message);
  });

  it('a workload that is gone has failed', () => {
    expect(rolloutProgress(undefined)).toMatchObject({ state: 'Failed', reason: 'TargetNotFound' });
  });
});

describe('restart_statefulset', () => {
  const params = { name: 'votes', ns: 'shop' };
  const refusal = (members: number, readyReplicas: number) => {
    const live = set({ readyReplicas }, { replicas: members });
    const [query] = restartStatefulSet.needs(params);
    if (!query) throw new Error('it asks for nothing');
    return restartStatefulSet.refuse(params, [{ query, found: true, objects: [live], values: [], at: 0 }])?.reason;
  };

  it.each([
    [3, 3, undefined],
    [3, 2, 'QuorumAtRisk'],
    [5, 4, undefined],
    [5, 3, 'QuorumAtRisk'],
    // No quorum to lose.
    [3, 1, undefined],
    [1, 1, undefined],
    [1, 0, undefined],
  ])('%i members of which %i are ready: %s', (members, ready, reason) => {
    expect(refusal(members, ready)).toBe(reason);
  });
});
