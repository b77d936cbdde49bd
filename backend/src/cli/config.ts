import { loadConfig, maskedConfig, settings, settingNames, type Loaded } from '../config.ts';
import type { Context } from './context.ts';
import { exitCodes, type ExitCode } from './exit.ts';
import { table } from './table.ts';

const shown = (value: unknown): string =>
  value === undefined ? '' : typeof value === 'string' ? value : JSON.stringify(value);

/** The default of a setting as text; '' where there is none. */
function defaultOf(name: (typeof settingNames)[number]): string {
  const byDefault = settings[name].schema.safeParse(undefined);
  return byDefault.success ? shown(byDefault.data) : '';
}

function markdown(): string {
  const rows = settingNames.map((name) => {
    const setting: { about: string; aliases?: readonly string[] } = settings[name];
    const value = defaultOf(name);
    const aliases = setting.aliases ? ` (also \`${setting.aliases.join('`, `')}\`)` : '';
    return `| \`${name}\`${aliases} | ${value ? `\`${value.replaceAll('|', '\\|')}\`` : ''} | ${setting.about.replaceAll('|', '\\|')} |`;
  });
  return ['| Setting | Default | Meaning |', '|---|---|---|', ...rows].join('\n');
}

/** `.env` with everything at its default, commented out. An empty list is no text. */
const dotEnv = (): string =>
  settingNames
    .map((name) => `# ${settings[name].about}\n#${name}=${defaultOf(name).replace(/^\[\]$/, '')}\n`)
    .join('\n')
    .trim();

function described({ config, aliases, sources }: Loaded): string {
  const masked = maskedConfig(config);
  const rows = settingNames.map((name) => [name, shown(masked[name]), sources[name] ?? 'default']);
  const old = Object.entries(aliases).map(([from, to]) => `${from} is read as ${to}`);
  return [table(['SETTING', 'VALUE', 'FROM'], rows), ...old].join('\n');
}

/** `kubewise config`: what this environment amounts to, secrets masked. Needs no server. Throws ConfigError. */
export function config(context: Context, options: { config?: string; markdown?: boolean; env?: boolean }): ExitCode {
  if (options.env) {
    context.io.out(dotEnv());
    return exitCodes.ok;
  }
  if (options.markdown) {
    context.io.out(markdown());
    return exitCodes.ok;
  }
  const loaded = loadConfig(context.io.env, { dotEnv: '.env', ...(options.config && { file: options.config }) });
  context.show({ config: maskedConfig(loaded.config), aliases: loaded.aliases, sources: loaded.sources }, () =>
    described(loaded),
  );
  return exitCodes.ok;
}
