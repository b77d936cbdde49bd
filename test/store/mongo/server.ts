import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

export interface MongoServer {
  readonly uri: string;
  stop(): Promise<void>;
}

/**
 * MONGO_URI where it is set; else mongo-java-server, brought by Maven. undefined, and a line `skipped: …`, where neither
 * is to be had.
 */
export async function startMongo(): Promise<MongoServer | undefined> {
  const given = process.env['MONGO_URI'];
  if (given) return { uri: given, stop: () => Promise.resolve() };
  for (const program of ['mvn', 'javac'])
    if (spawnSync(program, ['-version']).status !== 0) {
      console.log(`skipped: ${program} absent, and MONGO_URI is not set`);
      return undefined;
    }
  const folder = mkdtempSync(join(tmpdir(), 'mongo-'));
  const lib = join(folder, 'lib');
  const copy = ['-q', '-B', '-f', join(import.meta.dirname, 'pom.xml'), 'dependency:copy-dependencies'];
  const copied = spawnSync('mvn', [...copy, `-DoutputDirectory=${lib}`], { encoding: 'utf8' });
  if (copied.status !== 0) throw new Error(`Maven did not bring mongo-java-server: ${copied.stdout}${copied.stderr}`);
  const child = spawn('java', ['-cp', join(lib, '*'), join(import.meta.dirname, 'Main.java')], {
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  const reader = createInterface({ input: child.stdout });
  const [uri] = (await Promise.race([once(reader, 'line'), once(child, 'exit')])) as [unknown];
  if (typeof uri !== 'string') throw new Error(`mongo-java-server ended with ${String(uri)}`);
  return {
    uri,
    async stop() {
      child.stdin.end();
      await once(child, 'exit');
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
