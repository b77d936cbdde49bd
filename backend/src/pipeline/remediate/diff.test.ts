import { expect, it } from 'vitest';
import { annotations } from '../../model/index.ts';
import { diffOf } from './diff.ts';

const before = { metadata: { name: 'web', resourceVersion: '1' }, spec: { replicas: 2, paused: true } };

it('shows what changes, and neither bookkeeping nor the stamp of KubeWise', () => {
  const after = {
    metadata: { name: 'web', resourceVersion: '2', annotations: { [annotations.actionId]: 'a', team: 'b' } },
    spec: { replicas: 3, strategy: { type: 'Recreate' } },
  };
  expect(diffOf(before, after)).toEqual([
    { path: 'metadata.annotations.team', before: null, after: 'b' },
    { path: 'spec.replicas', before: 2, after: 3 },
    { path: 'spec.paused', before: true, after: null },
    { path: 'spec.strategy.type', before: null, after: 'Recreate' },
  ]);
});

it('has no rows for what is new, gone or the same', () => {
  expect(diffOf(before, { ...before, metadata: { name: 'web', resourceVersion: '7' } })).toEqual([]);
  expect(diffOf(undefined, before)).toEqual([]);
});
