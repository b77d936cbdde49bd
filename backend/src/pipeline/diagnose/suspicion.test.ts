import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { suspicions } from './suspicion.ts';

type Calls = Readonly<Record<string, readonly string[]>>;
const order = (surprises: Readonly<Record<string, number>>, calls: Calls = {}): readonly string[] =>
  suspicions(new Map(Object.entries(surprises)), (key) => calls[key] ?? []).map(({ key }) => key);

describe('where trouble began', () => {
  it('is with the strangest, where nobody calls anybody', () => {
    expect(order({ a: 1, b: 5, c: 0, d: 3 })).toEqual(['b', 'd', 'a', 'c']);
    expect(order({})).toEqual([]);
  });

  it('is with whom the strange ones call, although they are a little stranger', () => {
    expect(order({ front: 12, cart: 11, store: 10 }, { front: ['cart'], cart: ['store'] })[0]).toBe('store');
    expect(order({ front: 12, mail: 12, store: 10 }, { front: ['store'], mail: ['store'] })[0]).toBe('store');
  });

  it('is with the caller itself, where all that it calls is calm', () => {
    expect(order({ front: 12, cart: 1, store: 0.5 }, { front: ['cart', 'store'] })[0]).toBe('front');
  });

  it('does not go through those that nothing is known of, and takes no call for two', () => {
    expect(order({ front: 12, store: 10 }, { front: ['unknown'], unknown: ['store'] })[0]).toBe('front');
    const once = suspicions(new Map(Object.entries({ a: 3, b: 2 })), (key) => (key === 'a' ? ['b'] : []));
    const twice = suspicions(new Map(Object.entries({ a: 3, b: 2 })), (key) => (key === 'a' ? ['b', 'b', 'a'] : []));
    expect(twice).toEqual(once);
  });

  it('shares out all of the suspicion, whoever calls whom', () => {
    const names = ['a', 'b', 'c', 'd', 'e'];
    const graph = fc.array(fc.tuple(fc.constantFrom(...names), fc.constantFrom(...names)), { maxLength: 20 });
    const surprises = fc.array(fc.double({ min: 0, max: 60, noNaN: true }), { minLength: 5, maxLength: 5 });
    fc.assert(
      fc.property(surprises, graph, (values, calls) => {
        const known = new Map(names.map((name, i) => [name, values[i] ?? 0]));
        const said = suspicions(known, (key) => calls.flatMap(([from, to]) => (from === key ? [to] : [])));
        expect(said.map(({ key }) => key).sort()).toEqual(names);
        expect(said.reduce((sum, { share }) => sum + share, 0)).toBeCloseTo(1, 9);
        for (const { share } of said) expect(share).toBeGreaterThanOrEqual(0);
      }),
      { examples: [[[0, 0, 0, 0, 5e-324], []]] },
    );
  });
});
