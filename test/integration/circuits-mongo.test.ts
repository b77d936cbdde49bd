import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { createApp } from '../../backend/src/app.ts';
import { loadConfig } from '../../backend/src/config.ts';
import { startCluster } from '../cluster/index.ts';
import { component, driveRound, quick } from '../smoke/circuits.ts';
import { openGate } from '../smoke/gate.ts';
import { startMongo } from '../store/mongo/server.ts';

const mongo = await startMongo();
afterAll(() => mongo?.stop());

test.skipIf(!mongo)('the circuit to MongoDB opens while it is away and closes when it is back', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'kubewise-circuits-'));
  const cluster = await startCluster({ nodes: 1 });
  const { hostname, port } = new URL(mongo?.uri ?? '');
  const gate = await openGate({ host: hostname, port: Number(port) });
  const kubeconfig = join(folder, 'kubeconfig');
  writeFileSync(kubeconfig, cluster.kubeconfig('admin'), { mode: 0o600 });
  const { config } = loadConfig({
    ...quick,
    ...{ KUBECONFIG: kubeconfig, DATA_DIR: folder, PROM_URL: 'http://127.0.0.1:1' },
    MONGO_URI: `mongodb://127.0.0.1:${gate.port}/?directConnection=true&serverSelectionTimeoutMS=300`,
    MONGODB_DB_NAME: `circuits_${process.pid}`,
  });
  const app = await createApp({ config, logTo: join(folder, 'log') });
  try {
    await app.start();
    await driveRound(app, 'store', gate, () => component(app, 'Store'));
    expect(await component(app, 'Store')).toBe('ok');
  } finally {
    await app.stop();
    await gate.close();
    await cluster.close();
    rmSync(folder, { recursive: true, force: true });
  }
});
