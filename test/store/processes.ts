import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

const script = join(import.meta.dirname, 'child.ts');

export interface Child {
  readonly process: ChildProcess;
  /** Complete lines that it has printed so far. */
  readonly lines: readonly string[];
  readonly ended: Promise<unknown>;
  ready(): Promise<void>;
}

/** Starts child.ts; `limitKilobytes` makes its files unable to grow further. */
export function startChild(task: string, address: string, name: string, limitKilobytes?: number): Child {
  const command = limitKilobytes ? `ulimit -f ${limitKilobytes * 2}; exec "$@"` : 'exec "$@"';
  const child = spawn('sh', ['-c', command, 'sh', process.execPath, script, task, address, name], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const lines: string[] = [];
  const reader = createInterface({ input: child.stdout });
  reader.on('line', (line) => lines.push(line));
  const ended = Promise.all([once(child, 'exit'), once(reader, 'close')]);
  const ready = async (): Promise<void> => {
    while (lines.length === 0) await Promise.race([once(reader, 'line'), ended]);
  };
  return { process: child, lines, ended, ready };
}
