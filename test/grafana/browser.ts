import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium, type BrowserContext, type Page } from 'playwright-core';

const candidates = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];
/** Where Chromium is, or undefined: then a browser test says so by name. */
export const chromiumPath = (): string | undefined =>
  [process.env.CHROMIUM_PATH ?? '', ...candidates].find((path) => path !== '' && existsSync(path));

/** Grafana serves these itself; the npm packages have no fonts and not every icon. */
const ofGrafana = /\/public\/(fonts|build\/img\/icons)\//;

export interface Browser {
  readonly context: BrowserContext;
  /** A page whose errors are collected in `problems`. */
  page(): Promise<Page>;
  /** Uncaught errors and console errors of every page so far; `ignore` takes those away that a test provokes. */
  problems(ignore?: RegExp): readonly string[];
  close(): Promise<void>;
}

/** Debian's Chromium, headless, with a profile of its own that is thrown away. */
export async function openBrowser(size = { width: 1400, height: 1000 }): Promise<Browser> {
  const executablePath = chromiumPath();
  if (!executablePath) throw new Error('Chromium is absent');
  const profile = await mkdtemp(join(tmpdir(), 'kubewise-browser-'));
  const context = await chromium.launchPersistentContext(profile, {
    executablePath,
    headless: true,
    viewport: size,
    args: [
      '--no-sandbox',
      '--disable-gpu',
      // Grey edges of letters: the same picture everywhere, and a third smaller.
      '--disable-lcd-text',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  });
  const problems: string[] = [];
  return {
    context,
    async page() {
      const page = await context.newPage();
      page.on('pageerror', (error) => problems.push(`${error.name}: ${error.message}`));
      page.on('console', (message) => {
        if (message.type() === 'error' && !ofGrafana.test(message.location().url))
          problems.push(`${message.text()} (${message.location().url})`);
      });
      return page;
    },
    problems: (ignore) => problems.filter((one) => !ignore?.test(one)),
    async close() {
      await context.close();
      await rm(profile, { recursive: true, force: true });
    },
  };
}
