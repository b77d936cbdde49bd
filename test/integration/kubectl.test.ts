import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createClient, createInformers, readKubeconfig } from '../cluster/client/index.ts';
import { createSimClock } from '../cluster/clock.ts';
import { startCluster } from '../cluster/cluster.ts';
import { nodeSpecs, startNodes } from '../cluster/nodes/index.ts';
import { steadyRuntime } from '../cluster/runtime.ts';
import { startControlPlane } from './control-plane.ts';
import { script, type Step } from './kubectl-script.ts';

const run = (kubeconfig: string, args: readonly string[], input = ''): Promise<string> =>
  new Promise((settle) => {
    const child = execFile(
      'kubectl',
      ['--kubeconfig', kubeconfig, ...args],
      { timeout: 90_000, env: { PATH: process.env['PATH'], HOME: join(kubeconfig, '..') } },
      (error, stdout, stderr) => settle(`${stdout}${stderr}exit ${typeof error?.code === 'number' ? error.code : 0}`),
    );
    child.stdin?.end(input);
  });

const hasKubectl = (await run('/', ['version', '--client'])).includes('Client Version');
const plane = hasKubectl ? await startControlPlane() : undefined;
if (!hasKubectl) console.log('skipped: kubectl absent');

/** Names of generated things, ages, addresses and times are not what the servers must agree on. */
function comparable(output: string, step: Step): string {
  const lines = output
    .replace(/\b(web)-[0-9a-z]{6,10}(-[0-9a-z]{5})?\b/g, '$1-…')
    .replace(/\b(pod-template-hash)[=:]\s?[0-9a-z]+/g, '$1=…')
    .replace(/\b\d{4}-\d\d-\d\dT[\d:.]+Z?|\b[A-Z][a-z]{2}, \d\d [A-Z][a-z]{2} \d{4} [\d:]+ [+-]\d{4}/g, 'TIME')
    .replace(/\b\d{1,3}(\.\d{1,3}){3}\b/g, 'IP')
    .replace(/\b(\d+[smhd]){1,2}\b( \(x\d+ over [^)]*\))?/g, 'AGE')
    .replace(/ from \d+ to (\d+)/g, ' to $1')
    .replace(/<(unknown|invalid)>/g, 'AGE')
    .replace(/containerd:\/\/\S+|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, 'ID')
    .split('\n')
    .map((line) => line.replace(/[ \t]+/g, ' ').trim())
    .filter((line) => line !== '' && !/^-+( -+)*$/.test(line) && !step.drop?.test(line));
  return (step.sorted ? lines.sort() : lines).join('\n');
}

async function answerTo(kubeconfig: string, step: Step, node: string): Promise<string> {
  const args = step.args.replaceAll('NODE', node).split(' ');
  for (const end = Date.now() + 30_000; ; await new Promise((resolve) => setTimeout(resolve, 500))) {
    const output = comparable(await run(kubeconfig, args, step.input?.replaceAll('NODE', node)), step);
    if (!step.until || step.until.test(output) || Date.now() > end) return output;
  }
}

/** The same operator's session on both servers, with nodes of ours on each. */
describe.skipIf(!plane)('kubectl on the simulated cluster and on a real control plane', () => {
  const closing: (() => Promise<unknown>)[] = [];
  let [ours, real]: [string[], string[]] = [[], []];
  let config = '';

  beforeAll(async () => {
    const directory = await mkdtemp(join(tmpdir(), 'kubectl-'));
    closing.push(() => rm(directory, { recursive: true, force: true }));
    config = join(directory, 'simulated.kubeconfig');
    const node = nodeSpecs(3)[0]?.name as string;
    const session = async (kubeconfig: string): Promise<string[]> => {
      const answers: string[] = [];
      for (const step of script) answers.push(await answerTo(kubeconfig, step, node));
      return answers;
    };
    const start = Math.floor(Date.now() / 1000);
    const cluster = await startCluster({ start, speed: 1, nodes: 3 });
    await writeFile(config, cluster.kubeconfig('admin'));
    closing.unshift(() => cluster.close());
    const { admin } = plane as NonNullable<typeof plane>;
    closing.unshift(await joinNodes(admin));
    [ours, real] = await Promise.all([session(config), session(admin)]);
  });

  afterAll(async () => {
    for (const close of closing) await close();
    await plane?.stop();
  });

  it.each(script.map((step, index) => ({ args: step.args, index })))('$args', ({ index }) => {
    expect(ours[index]).not.toBe('');
    expect(ours[index]).toBe(real[index]);
  });

  it('top (only here: the real control plane has no metrics server)', async () => {
    const nodes = await run(config, ['top', 'nodes']);
    expect(nodes).toMatch(/NAME\s+CPU\(cores\)\s+CPU\(?%\)?\s+MEMORY\(bytes\)\s+MEMORY\(?%\)?/);
    expect(nodes).toMatch(/exit 0$/);
    expect(await run(config, ['top', 'pods', '-A'])).toMatch(/exit 0$/);
  });
});

/** Our kubelets as clients of somebody else's API server. */
async function joinNodes(kubeconfig: string): Promise<() => Promise<unknown>> {
  const clock = createSimClock({ start: Date.now() / 1000, speed: 1 });
  const client = createClient(readKubeconfig(kubeconfig), clock);
  const onError = (): void => undefined;
  const informers = createInformers(client, clock, onError);
  const fleet = startNodes({ client, informers, clock, runtime: steadyRuntime, nodes: nodeSpecs(3), onError });
  await fleet.ready;
  return async () => {
    fleet.stop();
    informers.stop();
    clock.stop();
    await client.close();
  };
}
