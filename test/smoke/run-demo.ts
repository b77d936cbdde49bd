import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { demo, type DemoOptions } from '../../backend/src/cli/demo.ts';
import type { FaultReport } from '../../backend/src/cli/demo-report.ts';

export interface DemoRun {
  readonly code: number;
  readonly faults: readonly FaultReport[];
  readonly lines: readonly string[];
}

/** Runs `kubewise demo --auto --once` in this process, as fast as everybody in it is done. */
export async function runDemo(options: Partial<DemoOptions>): Promise<DemoRun> {
  const folder = mkdtempSync(join(tmpdir(), 'kubewise-demo-'));
  const lines: string[] = [];
  try {
    const code = await demo({
      auto: true,
      once: true,
      speed: Infinity,
      signal: new AbortController().signal,
      print: (line) => void lines.push(line),
      folder,
      ...options,
      env: { PORT: '0', LOG_LEVEL: 'warn', ...options.env },
    });
    const last = JSON.parse(lines.at(-1) ?? '{}') as { faults?: FaultReport[] };
    return { code, faults: last.faults ?? [], lines };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
