import { Command, CommanderError } from 'commander';
import { actions } from './actions.ts';
import { auditList, auditVerify } from './audit.ts';
import { backtest, type BacktestOptions } from './backtest.ts';
import { backup } from './backup.ts';
import { checkConnections } from './check-connections.ts';
import { config } from './config.ts';
import { createContext, type Context, type GlobalOptions, type Io } from './context.ts';
import { doctor } from './doctor.ts';
import { exitCodeOf, exitCodes, exitCodesText, messageOf, UsageError } from './exit.ts';
import { incidents, type IncidentOptions } from './incidents.ts';
import { listAnomalies, type AnomalyOptions } from './list-anomalies.ts';
import { killSwitch, mode } from './mode.ts';
import { muteAdd, muteEnd, muteList, type MuteOptions } from './mute.ts';
import { planApprove, planReject, planShow } from './plan.ts';
import { rbac, type RbacOptions } from './rbac.ts';
import { train } from './train.ts';

type Ended = number | Promise<number>;
/** How a command is hung into the parser: its exit code is kept for the end. */
type Hang = <A extends readonly unknown[]>(
  act: (context: Context, ...given: A) => Ended,
) => (...given: unknown[]) => Promise<void>;

const number = (given: string | undefined, name: string): number | undefined => {
  if (given === undefined) return undefined;
  const value = Number(given);
  if (Number.isFinite(value)) return value;
  throw new UsageError(`${name} is a number, not "${given}"`);
};

/** The commands that are the product itself; they load it only when they run. */
function serviceCommands(program: Command, hang: Hang): void {
  program
    .command('serve')
    .description('run KubeWise until it is told to stop')
    .option('--config <file>', 'YAML file of settings; the environment wins over it')
    .action(
      hang(async ({ io }, options: { config?: string }) => {
        const { serve } = await import('./serve.ts');
        return serve({ signal: io.signal, ...(options.config && { config: options.config }) });
      }),
    );
  program
    .command('demo')
    .description('run KubeWise against a simulated cluster with faults; needs nothing else')
    .option('--auto', 'what the policy grants runs without a person')
    .option('--once', 'end when the faults are over; prints one line of JSON, exit code 0 only if all were put right')
    .option('--seed <n>', 'seed of the simulated cluster')
    .option('--speed <n>', 'cluster seconds per second')
    .option('--silent', 'detectors say nothing: shows that nothing else opens incidents from metrics')
    .action(
      hang(
        async (
          { io },
          options: { auto?: boolean; once?: boolean; seed?: string; speed?: string; silent?: boolean },
        ) => {
          const { demo } = await import('./demo.ts');
          const seed = number(options.seed, '--seed');
          const speed = number(options.speed, '--speed');
          return demo({
            ...{ signal: io.signal, print: io.out, env: io.env },
            ...(options.auto && { auto: true }),
            ...(options.once && { once: true }),
            ...(options.silent && { silent: true }),
            ...(seed !== undefined && { seed }),
            ...(speed !== undefined && { speed }),
          });
        },
      ),
    );
}

interface ScoreFlags {
  readonly input?: string;
  readonly output?: string;
  readonly out?: string;
  readonly low?: string;
  readonly high?: string;
}
/** Known bounds of all values, where both are given. */
function rangeOf(flags: ScoreFlags): readonly [number, number] | undefined {
  const low = number(flags.low, '--low');
  const high = number(flags.high, '--high');
  if ((low === undefined) !== (high === undefined)) throw new UsageError('--low and --high go together');
  return low !== undefined && high !== undefined ? [low, high] : undefined;
}

/** The detectors alone, on tables of the caller's. */
function scoreCommand(program: Command, hang: Hang): void {
  program
    .command('score [paths...]')
    .description('run CSV tables (timestamp, values…; also gzipped, whole folders) through the detectors of serve')
    .option('--input <path>', 'a table or a folder of tables; the same as naming it without a flag')
    .option('--output <folder>', 'where the tables with score and anomaly_score go')
    .option('--out <folder>', 'the same as --output')
    .option('--low <n>', 'known lower bound of all values')
    .option('--high <n>', 'known upper bound of all values')
    .action(
      hang(async (context, named: readonly string[], flags: ScoreFlags) => {
        const paths = [...named, ...(flags.input === undefined ? [] : [flags.input])];
        const out = flags.output ?? flags.out;
        if (paths.length === 0 || out === undefined)
          throw new UsageError('score needs --input PATH and --output FOLDER');
        const range = rangeOf(flags);
        const [{ createRowScorer }, { scoreFiles }] = await Promise.all([import('../app.ts'), import('./score.ts')]);
        const files = await scoreFiles(paths, createRowScorer, { out, ...(range && { range }) });
        context.show(files, () => `${files.length} tables scored, written to ${out}`);
        return exitCodes.ok;
      }),
    );
}

/** Looking at it. */
function readingCommands(program: Command, hang: Hang): void {
  program
    .command('config')
    .description('what the settings of this environment amount to, secrets masked')
    .option('--config <file>', 'YAML file of settings')
    .option('--markdown', 'every setting with its default and meaning, as a table')
    .option('--env', 'the same as a .env file, commented out')
    .action(
      hang((context, options: { config?: string; markdown?: boolean; env?: boolean }) => config(context, options)),
    );
  program
    .command('check-connections')
    .description('does KubeWise reach Prometheus, Kubernetes, the store and the model?')
    .action(hang((context) => checkConnections(context)));
  program
    .command('doctor')
    .description('what can be seen and what not, and why')
    .action(hang((context) => doctor(context)));
  program
    .command('list-anomalies')
    .description('recent anomalies')
    .option('--limit <n>', 'how many', '50')
    .option('--open', 'only those that last')
    .option('--namespace <name>')
    .option('--type <metric type>')
    .action(hang((context, options: AnomalyOptions) => listAnomalies(context, options)));
  program
    .command('incidents [id]')
    .description('open incidents, or one in detail')
    .option('--limit <n>', 'how many', '50')
    .option('--all', 'closed ones too')
    .option('--namespace <name>')
    .option('--phase <phase,…>')
    .action(hang((context, id: string | undefined, options: IncidentOptions) => incidents(context, id, options)));
  program
    .command('actions')
    .description('what KubeWise can do, may do here, and how it went')
    .action(hang((context) => actions(context)));
}

/** Deciding. */
function decidingCommands(program: Command, hang: Hang): void {
  const plan = program.command('plan').description('plans: show, approve, reject');
  plan
    .command('show [id]')
    .description('one plan by its id or its incident’s; without an id, those that wait')
    .action(hang((context, id: string | undefined) => planShow(context, id)));
  plan
    .command('approve <id>')
    .description('approve the plan as it is printed, by its digest')
    .option('--digest <digest>', 'approve only if this is still its digest')
    .action(hang((context, id: string, options: { digest?: string }) => planApprove(context, id, options)));
  plan
    .command('reject <id>')
    .description('reject the plan')
    .requiredOption('--reason <text>', 'why')
    .action(hang((context, id: string, options: { reason: string }) => planReject(context, id, options)));
  const mute = program.command('mute').description('workloads that nobody wants to hear about for a while');
  mute
    .command('add [target]')
    .description('NAMESPACE, NAMESPACE/NAME or KIND/NAMESPACE/NAME')
    .requiredOption('--for <duration>', '15m, 2h, 7d')
    .requiredOption('--why <text>', 'why')
    .option('--type <metric type>', 'only this metric type')
    .action(hang((context, target: string | undefined, options: MuteOptions) => muteAdd(context, target, options)));
  mute
    .command('list')
    .description('mutes that hold')
    .action(hang((context) => muteList(context)));
  mute
    .command('end <id>')
    .description('end a mute now')
    .action(hang((context, id: string) => muteEnd(context, id)));
  program
    .command('mode [mode]')
    .description('read or set MANUAL / AUTO')
    .action(hang((context, wanted: string | undefined) => mode(context, wanted)));
  program
    .command('killswitch [state]')
    .description('read or set: on stops every remediation')
    .action(hang((context, wanted: string | undefined) => killSwitch(context, wanted)));
}

/** Looking back, and looking after it. */
function keepingCommands(program: Command, hang: Hang): void {
  program
    .command('backtest [promql]')
    .description('what would have alerted on this query, or, without one, been done about all that is watched?')
    .option('--query <promql>', 'the query, where it is not the argument')
    .option('--range <duration>', 'so far back from now; as --from')
    .option('--from <time>', 'RFC 3339, or so long ago', '7d')
    .option('--to <time>', 'RFC 3339, or so long ago; default: now')
    .option('--step <duration>', 'distance of samples', '60s')
    .option('--type <metric type>', 'whose threshold and views apply', 'custom')
    .option('--direction <up|down|both>', 'which way is bad news', 'up')
    .action(
      hang((context, promql: string | undefined, options: BacktestOptions) => backtest(context, promql, options)),
    );
  program
    .command('train')
    .description('train the models that are trained, from Prometheus’ history')
    .option('--days <n>', 'how far back', '14')
    .action(hang((context, options: { days: string }) => train(context, options)));
  program
    .command('rbac')
    .description('the least rights in the cluster for the actions you want, as YAML')
    .option('--actions <names>', 'comma separated, all, or none (read-only)', 'all')
    .option('--namespace <name>', 'write rights in this namespace only')
    .option('--name <prefix>', 'name of the roles', 'kubewise')
    .option('--service-account <namespace/name>', 'who gets them', 'kubewise/kubewise')
    .action(hang((context, options: RbacOptions) => rbac(context, options)));
  const audit = program.command('audit').description('the audit log');
  audit
    .command('verify')
    .description('is the chain whole?')
    .action(hang((context) => auditVerify(context)));
  audit
    .command('list')
    .description('the newest entries')
    .option('--limit <n>', 'how many', '50')
    .option('--object <object>', 'only about this: incident/ID, settings/mode')
    .action(hang((context, options: { limit: string; object?: string }) => auditList(context, options)));
  program
    .command('backup')
    .description('a consistent copy of the embedded database, on the server')
    .action(hang((context) => backup(context)));
}

function programFor(io: Io, ended: (code: number) => void): Command {
  const program = new Command('kubewise')
    .description(
      'Watches a Kubernetes cluster, explains what is not normal, proposes a remediation and proves it safe.',
    )
    .option('--url <url>', 'where KubeWise answers; default: KUBEWISE_URL, then .kubewise/connection.json')
    .option('--token <token>', 'bearer token; default: KUBEWISE_TOKEN, then .kubewise/connection.json')
    .option('--json', 'for machines: the answer of the API as JSON')
    .addHelpText('after', `\n${exitCodesText}`)
    .configureOutput({ writeOut: (text) => io.out(text.trimEnd()), writeErr: (text) => io.err(text.trimEnd()) })
    .showHelpAfterError('(--help shows how)')
    .exitOverride();
  const hang: Hang =
    (act) =>
    async (...given) => {
      // Commander hands over the arguments, the options, and the command itself: what each command declared it takes.
      const call = act as unknown as (context: Context, ...own: readonly unknown[]) => Ended;
      ended(await call(createContext(program.opts<GlobalOptions>(), io), ...given.slice(0, -1)));
    };
  serviceCommands(program, hang);
  scoreCommand(program, hang);
  readingCommands(program, hang);
  decidingCommands(program, hang);
  keepingCommands(program, hang);
  return program;
}

/** Runs one command line; resolves to its exit code and throws nothing. */
export async function runWith(argv: readonly string[], io: Io): Promise<number> {
  let code: number = exitCodes.ok;
  try {
    await programFor(io, (ended) => (code = ended)).parseAsync([...argv], { from: 'user' });
    return code;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.ok : exitCodes.usage;
    io.err(`kubewise: ${messageOf(error)}`);
    return exitCodeOf(error);
  }
}

/** The process as a terminal: Ctrl-C and SIGTERM ask to stop, a second one ends at once. */
export function processIo(): Io {
  const stop = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM'] as const)
    process.on(name, () => (stop.signal.aborted ? process.exit(exitCodes.failed) : stop.abort()));
  return {
    out: (text) => void process.stdout.write(`${text}\n`),
    err: (text) => void process.stderr.write(`${text}\n`),
    ...{ env: process.env, cwd: process.cwd(), terminal: process.stdout.isTTY, signal: stop.signal },
  };
}

/** `kubewise …` of this process. */
export const run = (argv: readonly string[]): Promise<number> => runWith(argv, processIo());
