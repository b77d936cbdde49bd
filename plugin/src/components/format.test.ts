import { ago, bandText, duration, jsonText, newest, sentence, unitId, withUnit, words } from './format';

describe('format', () => {
  it.each([
    [-5, '0 s'],
    [45, '45 s'],
    [180, '3 min'],
    [7200, '2 h'],
    [7500, '2 h 5 min'],
    [4 * 86_400, '4 d'],
  ])('says %s seconds as %s', (seconds, text) => {
    expect(duration(seconds)).toBe(text);
  });

  it('says reason words as people read them', () => {
    expect(words('NotEnoughData')).toBe('Not enough data');
    expect(words('')).toBe('');
  });

  it('never says that something will have happened', () => {
    const iso = '2026-11-25T09:00:00.000Z';
    expect(ago(iso, Date.parse('2026-11-25T06:00:00.000Z'))).toBe('2026-11-25 09:00:00');
    expect(ago(iso, Date.parse('2026-11-25T09:05:00.000Z'))).toBe('5 min ago');
    expect(ago(iso, Date.parse('2026-11-25T08:59:30.000Z'))).toBe('just now');
  });

  it('gives numbers their unit, and a dash for none', () => {
    expect(withUnit(536_870_912, 'bytes')).toBe('512 MiB');
    expect(withUnit(0.875, 'ratio')).toBe('87.5%');
    expect(withUnit(null, 'bytes')).toBe('–');
    expect(withUnit(Number.NaN, 'bytes')).toBe('–');
    expect(withUnit(0.182, 'cores')).toBe('0.182 cores');
    expect(withUnit(0.05, 's')).toBe('50 ms');
    expect(unitId('furlongs')).toBe('short');
  });

  it('begins a sentence with a capital letter, but leaves names as they are', () => {
    expect(sentence('the newest revision does not start')).toBe('The newest revision does not start');
    expect(sentence('user:1 took 1 of 2 steps')).toBe('user:1 took 1 of 2 steps');
    expect(sentence('shop/web is slow')).toBe('shop/web is slow');
    expect(sentence('')).toBe('');
  });

  it('says a range once where its ends read the same', () => {
    expect(bandText([3, 5], '')).toBe('3 to 5');
    expect(bandText([0.5, 0.5], 'ratio')).toBe('50%');
  });

  it('finds the newest known value', () => {
    expect(newest([1, 2, null])).toBe(2);
    expect(newest([null])).toBeUndefined();
  });

  it('keeps values of a diff short', () => {
    expect(jsonText(undefined)).toBe('(none)');
    expect(jsonText({ replicas: 3 })).toBe('{"replicas":3}');
    expect(jsonText('x'.repeat(500))).toHaveLength(401);
  });
});
