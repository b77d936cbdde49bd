import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { knownSequences } from '../../model/index.ts';
import { scoreOf } from './detection.ts';
import { episodeSurprise, EventSequences, isComplete } from './event-sequences.ts';

type Event = readonly [at: number, reason: string, message?: string];

/** Names of the sequences that are complete after these events of one entity. */
function completeAfter(events: readonly Event[], now = events.at(-1)?.[0] ?? 0): readonly string[] {
  const sequences = new EventSequences();
  for (const [at, reason, message = ''] of events) sequences.note('web', reason, message, at);
  return sequences
    .matches('web', now, 300)
    .filter(isComplete)
    .map(({ sequence }) => sequence.name);
}

const unhealthy = 'Liveness probe failed: HTTP probe failed with statuscode: 500';
const killing = 'Container web failed liveness probe, will be restarted';
const backOff = 'Back-off restarting failed container web in pod web-1_shop';

describe('known sequences', () => {
  it.each<[string, readonly Event[]]>([
    [
      'PullLoop',
      [
        [0, 'Failed', 'Failed to pull image "web:2": not found'],
        [0, 'Failed', 'Error: ErrImagePull'],
        [1, 'Failed', 'Error: ImagePullBackOff'],
        [20, 'Failed', 'Failed to pull image "web:2": not found'],
      ],
    ],
    [
      'ProbeLoop',
      [
        [0, 'Unhealthy', unhealthy],
        [20, 'Killing', killing],
        [20, 'Pulled'],
        [90, 'Unhealthy', unhealthy],
        [100, 'BackOff', backOff],
      ],
    ],
    [
      'OomLoop',
      [
        [0, 'OOMKilling', 'Memory cgroup out of memory: Killed process 12 (web)'],
        [12, 'BackOff', backOff],
      ],
    ],
    [
      'NodeLost',
      [
        [0, 'NodeNotReady'],
        [300, 'TaintManagerEviction'],
        [301, 'FailedScheduling'],
      ],
    ],
    [
      'EvictedForGood',
      [
        [0, 'NodeHasDiskPressure'],
        [30, 'Evicted'],
        [31, 'FailedScheduling'],
      ],
    ],
    [
      'NodeFlaps',
      [
        [0, 'NodeNotReady'],
        [100, 'NodeReady'],
        [700, 'NodeNotReady'],
      ],
    ],
    [
      'VolumeStuck',
      [
        [0, 'FailedAttachVolume'],
        [120, 'FailedMount'],
        [250, 'FailedMount'],
      ],
    ],
    [
      'RolloutStuck',
      [
        [0, 'ScalingReplicaSet', 'Scaled up replica set web-2 to 1'],
        [30, 'Unhealthy', 'Readiness probe failed'],
        [600, 'ProgressDeadlineExceeded'],
      ],
    ],
    [
      'AutoscalerBlind',
      [
        [0, 'FailedGetResourceMetric'],
        [0, 'FailedComputeMetricsReplicas'],
        [15, 'FailedGetResourceMetric'],
      ],
    ],
  ])('%s is told from its events in order', (name, events) => {
    expect(completeAfter(events)).toContain(name);
    for (const [i] of events.entries()) {
      const without = events.filter((_, j) => j !== i);
      const isStep = !completeAfter(without, events.at(-1)?.[0]).includes(name);
      // What lies in between, or was said twice, is no step.
      if (!isStep) expect(['Pulled', 'Unhealthy', 'Failed']).toContain(events[i]?.[1]);
    }
  });

  it.each<[string, readonly Event[]]>([
    [
      'a rollout in which pods are not ready at once',
      [
        [0, 'ScalingReplicaSet', 'Scaled up replica set web-2 to 1'],
        [5, 'Unhealthy', 'Readiness probe failed: connection refused'],
        [20, 'Killing', 'Stopping container web'],
        [21, 'Unhealthy', 'Readiness probe failed: connection refused'],
      ],
    ],
    [
      'a drain',
      [
        [0, 'NodeNotSchedulable'],
        [10, 'Killing', 'Stopping container web'],
        [11, 'FailedScheduling'],
      ],
    ],
    [
      'a registry that hiccups once',
      [
        [0, 'Failed', 'Failed to pull image "web:2": timeout'],
        [0, 'Failed', 'Error: ErrImagePull'],
        [1, 'Failed', 'Error: ImagePullBackOff'],
        [15, 'Failed', 'Error: ImagePullBackOff'],
      ],
    ],
    [
      'steps in the wrong order',
      [
        [0, 'BackOff', backOff],
        [20, 'Killing', killing],
        [40, 'Unhealthy', unhealthy],
      ],
    ],
    [
      'steps too far apart',
      [
        [0, 'OOMKilling'],
        [1000, 'BackOff', backOff],
      ],
    ],
  ])('%s is none that opens an incident by itself', (_, events) => {
    const opening = new Set(knownSequences.filter(({ opens }) => opens).map(({ name }) => name));
    expect(completeAfter(events).filter((name) => opening.has(name))).toEqual([]);
  });

  it('keeps entities apart, and says since when', () => {
    const sequences = new EventSequences();
    sequences.note('a', 'OOMKilling', '', 100);
    sequences.note('b', 'BackOff', backOff, 110);
    expect(sequences.matches('b', 110, 300)).toEqual([]);
    sequences.note('a', 'BackOff', backOff, 120);
    expect(sequences.matches('a', 120, 300)).toMatchObject([{ done: 2, from: 100, to: 120 }]);
    expect(sequences.matches('a', 500, 300)).toEqual([]);
  });

  it('is bounded, and whatever comes in, a match is a part of what came in', () => {
    const reasons = [...new Set(knownSequences.flatMap(({ steps }) => steps.flatMap((step) => step.reasons)))];
    const event = fc.record({
      entity: fc.constantFrom('a', 'b', 'c', 'd', 'e'),
      reason: fc.constantFrom(...reasons, 'Pulled'),
      message: fc.constantFrom('', unhealthy, killing, backOff, 'Scaled up', 'Error: ErrImagePull'),
      at: fc.oneof(fc.integer({ min: 0, max: 3000 }), fc.constantFrom(NaN, Infinity)),
    });
    fc.assert(
      fc.property(fc.array(event, { maxLength: 200 }), (events) => {
        const sequences = new EventSequences(knownSequences, 3);
        for (const { entity, reason, message, at } of events) sequences.note(entity, reason, message, at);
        expect(sequences.entities).toBeLessThanOrEqual(3);
        for (const entity of ['a', 'b', 'c', 'd', 'e'])
          for (const { sequence, done, from, to } of sequences.matches(entity, 3000, 3000)) {
            const times = new Set(events.filter((one) => one.entity === entity).map(({ at }) => at));
            expect(times.has(from) && times.has(to) && from <= to && to - from <= sequence.within).toBe(true);
            expect(done >= 2 && done <= sequence.steps.length).toBe(true);
          }
      }),
    );
  });
});

it('what an entity does often surprises less', () => {
  const scores = [0, 1, 2, 7, 50].map((before) => scoreOf(episodeSurprise(before, 7 * 86_400)));
  expect(scores).toEqual(scores.toSorted((a, b) => b - a));
  expect(scores[0]).toBeGreaterThan(0.8);
  expect(scores.at(-1)).toBeGreaterThan(0);
});
