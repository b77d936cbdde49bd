import { describe, expect, it } from 'vitest';
import type { KubernetesRequest } from '../../model/index.ts';
import { judgeAnswer } from './judge.ts';

const ref = { kind: 'Deployment', namespace: 'shop', name: 'web' } as const;
const patch: KubernetesRequest = { verb: 'patch', ref, patch: 'json', body: [], preconditions: {} };
const merge: KubernetesRequest = { ...patch, patch: 'merge' };
const evict: KubernetesRequest = { verb: 'evict', ref: { ...ref, kind: 'Pod' }, preconditions: { uid: 'u' } };
const answer = (status: number, reason = '') => ({ status, reason, message: 'said' });

describe('judgeAnswer', () => {
  it.each([
    [patch, answer(200), 0, 'Applied'],
    [evict, answer(201), 0, 'Applied'],
    // The pod went away by itself: what was wanted is so.
    [evict, answer(404, 'NotFound'), 0, 'Applied'],
    [patch, answer(404, 'NotFound'), 0, 'Fail'],
    // A disruption budget says later, not no.
    [evict, answer(429, 'DisruptionBudget'), 0, 'Wait'],
    [evict, answer(429, 'DisruptionBudget'), 100, 'Fail'],
    // The object moved: look again, but not for ever.
    [merge, answer(409, 'Conflict'), 0, 'Reread'],
    [merge, answer(409, 'Conflict'), 6, 'Fail'],
    // A failed json-patch `test` is 422; for a merge patch 422 means invalid.
    [patch, answer(422, 'Invalid'), 0, 'Reread'],
    [merge, answer(422, 'Invalid'), 0, 'Fail'],
    [merge, answer(403, 'Forbidden'), 0, 'Fail'],
  ])('%j answered %j at try %i: %s', (request, said, tries, expected) => {
    expect(judgeAnswer(request, said, tries).do).toBe(expected);
  });

  it('keeps the reason of a refusal', () => {
    expect(judgeAnswer(merge, answer(403, 'Forbidden'), 0)).toEqual({
      do: 'Fail',
      reason: 'Forbidden',
      message: 'said',
    });
  });
});
