import { describe, expect, it } from 'vitest';
import { createSimClock } from './clock.ts';

const start = 1_700_000_000;

describe('the lock-step clock', () => {
  it('wakes sleepers in the order of their time, and of asking when the time is the same', async () => {
    const clock = createSimClock({ start, speed: Infinity });
    const woken: string[] = [];
    await Promise.all([
      clock.sleep(3).then(() => woken.push(`c ${clock.now() - start}`)),
      clock.sleep(1).then(() => woken.push(`a ${clock.now() - start}`)),
      clock.sleep(1).then(() => woken.push(`b ${clock.now() - start}`)),
    ]);
    expect(woken).toEqual(['a 1', 'b 1', 'c 3']);
  });

  it('goes by rank among timers of one instant, whoever asked first', async () => {
    const clock = createSimClock({ start, speed: Infinity });
    const fired: string[] = [];
    for (const rank of ['z', 'm', 'a']) clock.schedule(5, rank, () => fired.push(rank));
    await clock.sleep(6);
    expect(fired).toEqual(['a', 'm', 'z']);
  });

  it('keeps a heap of many timers in order', async () => {
    const clock = createSimClock({ start, speed: Infinity });
    const seen: number[] = [];
    for (let n = 0; n < 300; n += 1) clock.schedule((n * 7919) % 301, '', () => seen.push(clock.now()));
    await clock.sleep(400);
    expect(seen).toHaveLength(300);
    expect(seen).toEqual([...seen].sort((a, b) => a - b));
  });

  it('stands still while somebody holds, and a second release does nothing', async () => {
    const clock = createSimClock({ start, speed: Infinity });
    const [one, two] = [clock.hold(), clock.hold()];
    let woken = false;
    const sleeper = clock.sleep(1).then(() => (woken = true));
    one();
    one();
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect([woken, clock.now()]).toEqual([false, start]);
    two();
    await sleeper;
    expect(clock.now()).toBe(start + 1);
  });

  it('lets who was woken work before it wakes the next', async () => {
    const clock = createSimClock({ start, speed: Infinity });
    const log: string[] = [];
    const worker = async (name: string): Promise<void> => {
      await clock.sleep(1);
      const release = clock.hold();
      log.push(`${name} begins`);
      await new Promise((resolve) => setTimeout(resolve, 5));
      log.push(`${name} ends`);
      release();
    };
    await Promise.all([worker('a'), worker('b')]);
    expect(log).toEqual(['a begins', 'a ends', 'b begins', 'b ends']);
  });

  it('ends a sleep early on abort and forgets the timer', async () => {
    const clock = createSimClock({ start, speed: Infinity });
    const release = clock.hold();
    const abort = new AbortController();
    const sleeper = clock.sleep(1000, abort.signal);
    abort.abort();
    await sleeper;
    release();
    await clock.sleep(1);
    expect(clock.now()).toBe(start + 1);
    await clock.sleep(1000, AbortSignal.abort());
    expect(clock.now()).toBe(start + 1);
  });

  it('never fires a cancelled timer', async () => {
    const clock = createSimClock({ start, speed: Infinity });
    const fired: string[] = [];
    clock.schedule(1, '', () => fired.push('cancelled'))();
    clock.schedule(1, '', () => fired.push('kept'));
    await clock.sleep(2);
    expect(fired).toEqual(['kept']);
  });

  it.each([
    [1, 0.1],
    [10, 1],
    [1000, 100],
  ])('at %d× needs a tenth of a second for %d cluster seconds', async (speed, seconds) => {
    const clock = createSimClock({ start, speed });
    const began = performance.now();
    await clock.sleep(seconds);
    const wall = performance.now() - began;
    expect(wall).toBeGreaterThan(95);
    expect(wall).toBeLessThan(1000);
    expect(clock.now()).toBeCloseTo(start + seconds, 6);
  });

  it('takes up a new speed while everybody waits, and stands still at speed 0', async () => {
    const clock = createSimClock({ start, speed: 0 });
    const sleeper = clock.sleep(3600);
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(clock.now()).toBe(start);
    clock.setSpeed(Infinity);
    await sleeper;
    expect(clock.now()).toBe(start + 3600);
  });

  it('forgives a lag instead of running faster than its speed to catch up', async () => {
    const clock = createSimClock({ start, speed: 100 });
    const release = clock.hold();
    const sleeper = clock.sleep(1);
    await new Promise((resolve) => setTimeout(resolve, 400));
    release();
    await sleeper;
    const began = performance.now();
    await clock.sleep(20);
    expect(performance.now() - began).toBeGreaterThan(150);
  });

  it('wakes every sleeper on stop, drops what was scheduled, and lets nobody sleep again', async () => {
    const clock = createSimClock({ start, speed: 1 });
    const fired: string[] = [];
    clock.schedule(1000, '', () => fired.push('scheduled'));
    const sleepers = [clock.sleep(1000), clock.sleep(2000)];
    clock.stop();
    await Promise.all(sleepers);
    await clock.sleep(1000);
    expect([fired, clock.now()]).toEqual([[], start]);
  });
});
