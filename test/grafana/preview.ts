import { randomBytes } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { processIo, runWith } from '../../backend/src/cli/index.ts';
import { freePort } from '../integration/prometheus.ts';
import type { Grafana, GrafanaOptions } from './index.ts';

/**
 * `npm start`: the command line as it is and, beside `demo`, the plugin's pages in the stand-in for Grafana. The pages are
 * a guest: whatever goes wrong with them is said, and the loop goes on.
 */
const argv = process.argv.slice(2);
const io = processIo();
/** Nobody looks at pages while a run ends by itself. */
const hasPages = argv[0] === 'demo' && !['--once', '--help', '-h'].some((flag) => argv.includes(flag));

async function withPages(): Promise<number> {
  const ended = new AbortController();
  const wanted = Number(io.env['PORT'] ?? 8000);
  const port = wanted === 0 ? await freePort() : wanted;
  const tokens = {
    viewer: secret(),
    operator: secret(),
    admin: secret(),
    approveSecret: io.env['GRAFANA_APPROVE_SECRET'] ?? secret(),
  };
  const backendUrl = `http://127.0.0.1:${port}`;
  const grafana = await start({ backendUrl, tokens }, ended.signal).catch(saySo(ended.signal));
  const told = grafana && tell(grafana, backendUrl, ended.signal).catch(saySo(ended.signal));
  try {
    const env = grafana ? { ...io.env, PORT: String(port), ...trusting(grafana, tokens) } : io.env;
    return await runWith(argv, { ...io, env });
  } finally {
    ended.abort();
    await told;
    await grafana?.close();
  }
}

const secret = (): string => randomBytes(24).toString('base64url');
const saySo =
  (ended: AbortSignal) =>
  (error: unknown): undefined => {
    if (!ended.aborted) io.err(`No pages in the browser: ${error instanceof Error ? error.message : String(error)}`);
  };

/** Loaded here and not at the top: a platform without esbuild or a build still has the loop. */
async function start(options: GrafanaOptions, signal: AbortSignal): Promise<Grafana> {
  const [{ startGrafana }, { ensurePlugin }] = await Promise.all([import('./index.ts'), import('./plugin-build.ts')]);
  return startGrafana({
    ...options,
    label: 'Preview: the built plugin in a stand-in for Grafana, on this machine only. This is not Grafana.',
    prepare: () => ensurePlugin(io.out, signal),
  });
}

/** Prints the link when both the pages and the backend behind them answer. */
async function tell(grafana: Grafana, backendUrl: string, signal: AbortSignal): Promise<void> {
  await grafana.ready;
  while (!signal.aborted && !(await isUp(backendUrl))) await pause(300, undefined, { ref: false });
  if (!signal.aborted) io.out(`Pages:   ${grafana.loginUrl('admin')}   (a preview of the Grafana plugin)\n`);
}
const isUp = (url: string): Promise<boolean> =>
  fetch(`${url}/readyz`).then(
    ({ ok }) => ok,
    () => false,
  );

/** What the backend must know of the preview: a token for each right, whose identities it believes, the approval route's secret. */
function trusting({ issuer, jwksUrl }: Grafana, tokens: GrafanaOptions['tokens']): Record<string, string> {
  const own = [
    { id: 'admin', role: 'admin', token: secret() },
    { id: 'preview-reads', role: 'viewer', token: tokens.viewer },
    { id: 'preview-writes', role: 'operator', token: tokens.operator },
    { id: 'preview-admin', role: 'admin', token: tokens.admin },
  ];
  return {
    AUTH_TOKENS: joined('AUTH_TOKENS', own),
    GRAFANA_ISSUERS: joined('GRAFANA_ISSUERS', [{ issuer, jwksUrl, orgs: [1] }]),
    GRAFANA_APPROVE_SECRET: tokens.approveSecret,
  };
}

/** Beside what the user has set; what is no list stays as it is, for the settings to complain about. */
function joined(name: string, own: readonly object[]): string {
  const given = io.env[name] ?? '[]';
  try {
    const list: unknown = JSON.parse(given);
    return Array.isArray(list) ? JSON.stringify([...(list as unknown[]), ...own]) : given;
  } catch {
    return given;
  }
}

process.exitCode = hasPages ? await withPages() : await runWith(argv, io);
