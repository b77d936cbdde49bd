import { expect, test } from 'vitest';
import { runDemo } from './run-demo.ts';

test('the three faults of the demo are found, put right and verified, and nothing else is touched', async () => {
  const { code, faults, lines } = await runDemo({ seed: 1 });
  expect(faults, lines.join('\n')).toMatchObject([
    { fault: 'memory-leak', verdict: 'Fixed', recovered: true, wrongActions: 0 },
    { fault: 'bad-release', verdict: 'Fixed', recovered: true, wrongActions: 0 },
    { fault: 'traffic-spike', verdict: 'Fixed', recovered: true, wrongActions: 0 },
  ]);
  expect(code).toBe(0);
}, 600_000);
