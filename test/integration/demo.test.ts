import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { createShop } from '../cluster/workloads/index.ts';
import { runDemo } from '../smoke/run-demo.ts';

const verdicts = ({ faults }: Awaited<ReturnType<typeof runDemo>>) =>
  faults.map(({ fault, verdict, recovered, wrongActions }) => ({ fault, verdict, recovered, wrongActions }));
const allRight = ['memory-leak', 'bad-release', 'traffic-spike'].map((fault) => ({
  fault,
  verdict: 'Fixed',
  recovered: true,
  wrongActions: 0,
}));

test('a wrong action for each fault leaves the fault where it is, and the run says so', async () => {
  const wrong = join(import.meta.dirname, '..', 'smoke', 'wrong');
  const { code, faults, lines } = await runDemo({ env: { RUNBOOKS_DIR: wrong } });
  expect(code).toBe(1);
  expect(
    faults.map((one) => one.recovered),
    lines.join('\n'),
  ).toEqual([false, false, false]);
  expect(faults.every((one) => one.verdict !== 'Fixed')).toBe(true);
  expect(faults.every((one) => one.wrongActions > 0)).toBe(true);
});

test('detectors that say nothing open no incident from metrics', async () => {
  const { code, lines } = await runDemo({ silent: true });
  expect(code).toBe(1);
  const opened = lines.filter((line) => line.includes('INCIDENT'));
  expect(
    opened.filter((line) => /, (cpu|memory|latency|throttling|errors|oom|restarts|waiting|replicas)/.test(line)),
  ).toEqual([]);
});

test('other seeds and other names change no verdict', async () => {
  const roles = createShop({ seed: 1 }).profiles.map((profile) => profile.role);
  const names = Object.fromEntries(roles.map((role, index) => [role, `svc-${(index * 7919).toString(36)}`]));
  const namespaces = { shop: 'team-a', data: 'team-b', batch: 'team-c' };
  expect(verdicts(await runDemo({ seed: 1, names, namespaces }))).toEqual(allRight);
  expect(verdicts(await runDemo({ seed: 7 }))).toEqual(allRight);
});

test('the backend knows no name of the simulated shop', () => {
  const source = join(import.meta.dirname, '..', '..', 'backend', 'src');
  const files = (folder: string): string[] =>
    readdirSync(folder).flatMap((name) => {
      const path = join(folder, name);
      return statSync(path).isDirectory()
        ? files(path)
        : path.endsWith('.ts') && !path.endsWith('.test.ts')
          ? [path]
          : [];
    });
  const names = createShop({ seed: 1 }).profiles.map((profile) => profile.name);
  const known = files(source).flatMap((path) => {
    const text = readFileSync(path, 'utf8');
    return names.filter((name) => new RegExp(`['"\`/]${name}['"\`/]`).test(text)).map((name) => `${path}: ${name}`);
  });
  expect(known).toEqual([]);
});
