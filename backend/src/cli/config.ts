import { loadConfig, maskedConfig, settings, settingNames, type Loaded } from '../config.ts';
import type { Context } from './context.ts';
import { exitCodes, type ExitCode } from './exit.ts';
import { table } from './table.ts';

const shown = (value: unknown): string =>
  value === undefined ? '' : typeof value === 'string' ? value : JSON.stringify(value);

function markdown(): string {
  const rows = settingNames.map((name) => {
    const setting: { about: string; aliases?: readonly string[]; schema: (typeof settings)[typeof name]['schema'] } =
      settings[name];
    const byDefault = setting.schema.safeParse(undefined);
    const value = byDefault.success ? shown(byDefault.data) : '';
    const aliases = setting.aliases ? ` (also \`${setting.aliases.join('`, `')}\`)` : '';
    return `| \`${name}\`${aliases} | ${value ? `\`${value.replaceAll('|', '\\|')}\`` : ''} | ${setting.about.replaceAll('|', '\\|')} |`;
  });
  return ['| Setting | Default | Meaning |', '|---|---|---|', ...rows].join('\n');
}

function described({ config, aliases, sources }: Loaded): string {
  const masked = maskedConfig(config);
  const rows = settingNames.map((name) => [name, shown(masked[name]), sources[name] ?? 'default']);
  const old = Object.entries(aliases).map(([from, to]) => `${from} is read as ${to}`);
  return [table(['SETTING', 'VALUE', 'FROM'], rows), ...old].join('\n');
}

/** `kubewise config`: what this environment amounts to, secrets masked. Needs no server. Throws ConfigError. */
export function config(context: Context, options: { config?: string; markdown?: boolean }): ExitCode {
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
