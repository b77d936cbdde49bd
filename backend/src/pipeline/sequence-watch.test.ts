import { expect, it } from 'vitest';
import { targetKey, type EventRecord, type Target, type Topology } from '../model/index.ts';
import type { Explanation } from './anomaly-book.ts';
import { createSequenceWatch } from './sequence-watch.ts';

const of = (kind: string, name: string): Target => ({
  ...{ cluster: 'test', kind, namespace: kind === 'Node' ? '' : 'shop', name },
});
const [node, web, cart] = [of('Node', 'node-1'), of('Deployment', 'web'), of('Deployment', 'cart')];

interface Noted {
  readonly about: string;
  readonly score: number;
  readonly since: number | undefined;
}

/** A cluster in which `web` runs on node-1 and `cart` elsewhere; what the watch writes into the book. */
function watching(episodes = 0) {
  const noted: Noted[] = [];
  const closed: string[] = [];
  const topology: Topology = {
    cluster: 'test',
    ownerOf: () => undefined,
    podsOf: ({ name }) => [{ name: `${name}-1`, uid: name, node: name === 'web' ? 'node-1' : 'node-2' }],
    labelsOf: () => ({}),
    namespaces: () => ['shop'],
    targets: () => [web, cart],
    interventions: () => [],
    object: () => undefined,
  };
  const watch = createSequenceWatch(
    {
      note: (row, _value, score: number, _said: Explanation, _now, since) =>
        void noted.push({ about: row.key, score, since }),
      close: ({ key }, _reason, at) => void closed.push(`${key} ${at}`),
      episodesOf: () => episodes,
    },
    topology,
  );
  return { watch, noted, closed };
}

const event = (reason: string, target: Target, at: number, message = ''): EventRecord => ({
  ...{ id: `${reason}-${at}`, version: 0, schemaVersion: 1, cluster: 'test', type: 'Warning', reason, message },
  ...{ involved: { kind: 'Pod', namespace: 'shop', name: 'a', uid: '' }, target, targetKey: targetKey(target) },
  ...{ source: '', count: 1, firstSeen: at, lastSeen: at },
});
const fresh = (...events: readonly EventRecord[]) => events.map((one) => ({ event: one, knownBefore: undefined }));
const restarting = 'Back-off restarting failed container';

it("takes a node's trouble for a step of what runs there, and of nothing else", () => {
  const { watch, noted } = watching();
  watch.note(fresh(event('OOMKilling', node, 100)), 100);
  watch.note(fresh(event('BackOff', cart, 110, restarting)), 110);
  expect(noted).toEqual([]);
  watch.note(fresh(event('BackOff', web, 120, restarting)), 120);
  expect(noted.map(({ about, since }) => [about, since])).toEqual([[`OomLoop|${targetKey(web)}`, 100]]);
});

it('takes events that come in one batch by their times, and one that grows for what is new of it', () => {
  const { watch, noted, closed } = watching();
  watch.note(fresh(event('BackOff', web, 120, restarting), event('OOMKilling', web, 100)), 120);
  expect(noted).toHaveLength(1);
  const before = event('BackOff', web, 120, restarting);
  watch.note([{ event: { ...before, count: 2 }, knownBefore: before }], 130);
  expect(noted).toHaveLength(1);
  watch.note([{ event: { ...before, count: 3, lastSeen: 180 }, knownBefore: before }], 180);
  expect(noted).toHaveLength(2);
  watch.settle(400);
  expect(closed).toEqual([]);
  watch.settle(480);
  expect(closed).toEqual([`OomLoop|${targetKey(web)} 180`]);
});

it('scores what an entity does every day lower than what it never did', () => {
  const scores = [0, 7].map((episodes) => {
    const { watch, noted } = watching(episodes);
    watch.note(fresh(event('OOMKilling', web, 100), event('BackOff', web, 120, restarting)), 120);
    return noted[0]?.score ?? NaN;
  });
  expect(scores[0]).toBeGreaterThan(0.8);
  expect(scores[1]).toBeLessThan(0.78);
});

it('raises nothing about what was over long ago, as a list of events at a start tells it', () => {
  const { watch, noted } = watching();
  watch.note(fresh(event('OOMKilling', web, 100), event('BackOff', web, 120, restarting)), 3000);
  expect(noted).toEqual([]);
});
