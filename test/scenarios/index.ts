import { fork } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { missingModel } from './planner.ts';
import type { PlayOptions } from './play.ts';
import { resultsText, rowText, totalsText } from './report.ts';
import { loadScenarios, type Scenario } from './scenario.ts';
import { totalsOf, type Row } from './score.ts';
import type { Order, Report } from './worker.ts';

const usage = `npm run scenarios -- [options]
  --dir DIR                scenario files from there; default test/scenarios/library
  --filter TEXT            only scenarios whose name or family contains TEXT
  --every N                only every Nth of them, always the same ones
  --planner rules|llm      default rules; llm: a model alone, of LLM_PROVIDER or GEMINI_API_KEY as for serve
  --mode auto|observe      default auto
  --jobs N                 at the same time; default: one per core
  --json                   one line of JSON per scenario, and one with the totals
  --write                  write test/scenarios/RESULTS.md`;

const { values } = parseArgs({
  options: {
    dir: { type: 'string', default: join(import.meta.dirname, 'library') },
    filter: { type: 'string', default: '' },
    every: { type: 'string', default: '1' },
    planner: { type: 'string', default: 'rules' },
    mode: { type: 'string', default: 'auto' },
    jobs: { type: 'string', default: String(availableParallelism()) },
    json: { type: 'boolean', default: false },
    write: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});

function optionsOf(): PlayOptions {
  const { planner, mode } = values;
  if (planner !== 'rules' && planner !== 'llm') throw new Error(`--planner is rules or llm, not ${planner}`);
  if (mode !== 'auto' && mode !== 'observe') throw new Error(`--mode is auto or observe, not ${mode}`);
  const missing = planner === 'llm' ? missingModel(process.env) : undefined;
  if (missing !== undefined) throw new Error(`--planner llm: ${missing}; or name another LLM_PROVIDER`);
  return { planner, mode };
}

/** Wall seconds after which a scenario counts as hung. */
const patience = 900;

type Tell = (report: Report) => void;

/** Plays scenarios in one worker process until none is left, or the process ended in the middle of one. */
function work(waiting: Scenario[], options: PlayOptions, tell: Tell): Promise<void> {
  return new Promise((resolve) => {
    const worker = fork(join(import.meta.dirname, 'worker.ts'), { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
    let [now, timer]: [Scenario | undefined, NodeJS.Timeout | undefined] = [undefined, undefined];
    const next = (): void => {
      clearTimeout(timer);
      now = waiting.shift();
      if (!now) return void worker.disconnect();
      timer = setTimeout(() => worker.kill('SIGKILL'), patience * 1000);
      worker.send({ scenario: now, options } satisfies Order);
    };
    worker.on('message', (report: Report) => {
      tell(report);
      next();
    });
    worker.once('exit', (code, signal) => {
      clearTimeout(timer);
      const how =
        signal === 'SIGKILL' ? `was killed, at the latest after ${patience} s` : `ended with ${code ?? signal}`;
      if (now) tell({ scenario: now.name, error: `its process ${how}` });
      resolve();
    });
    next();
  });
}

/** Every scenario, so many at a time; a process that ends in the middle is replaced. */
async function runAll(scenarios: readonly Scenario[], options: PlayOptions, jobs: number, tell: Tell): Promise<void> {
  const waiting = [...scenarios];
  const lane = async (): Promise<void> => {
    while (waiting.length > 0) await work(waiting, options, tell);
  };
  await Promise.all(Array.from({ length: Math.min(jobs, scenarios.length) }, lane));
}

async function main(): Promise<number> {
  if (values.help) {
    console.log(usage);
    return 0;
  }
  const options = optionsOf();
  const about = (scenario: Scenario): string =>
    [scenario.name, ...scenario.faults.map((fault) => fault.family)].join(' ');
  const scenarios = loadScenarios(values.dir)
    .filter((scenario) => about(scenario).includes(values.filter))
    .filter((_, index) => index % Number(values.every) === 0);
  if (scenarios.length === 0)
    throw new Error(`no scenario of ${values.dir} has "${values.filter}" in its name or family`);
  const rows: Row[] = [];
  const errors: { readonly scenario: string; readonly error: string }[] = [];
  const began = performance.now();
  await runAll(scenarios, options, Number(values.jobs), (report) => {
    if ('row' in report) rows.push(report.row);
    else errors.push(report);
    console.log(values.json ? JSON.stringify('row' in report ? report.row : report) : rowText(report));
  });
  const totals = totalsOf(rows);
  console.log(values.json ? JSON.stringify({ totals }) : totalsText(totals));
  const seconds = Math.round((performance.now() - began) / 1000);
  const sorted = rows.sort((a, b) => a.scenario.localeCompare(b.scenario));
  if (values.write)
    writeFileSync(join(import.meta.dirname, 'RESULTS.md'), resultsText(sorted, totals, errors, seconds));
  return errors.length > 0 ? 1 : 0;
}

process.exitCode = await main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  return 1;
});
