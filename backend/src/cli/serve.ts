import { createApp, type App } from '../app.ts';
import { loadConfig } from '../config.ts';

export interface ServeOptions {
  /** YAML file of settings; the environment wins over it. */
  readonly config?: string;
  readonly signal: AbortSignal;
}

/** `kubewise serve`: runs until the signal, then stops in order. Resolves to the exit code. */
export async function serve(options: ServeOptions): Promise<number> {
  const { config, aliases } = loadConfig(process.env, {
    ...(options.config && { file: options.config }),
    dotEnv: '.env',
  });
  const app = await createApp({ config });
  for (const [old, name] of Object.entries(aliases))
    app.ports.log.info({ module: 'config' }, `${old} is read as ${name}`);
  const told = abortOf(options.signal);
  try {
    // A cluster that does not answer may keep it from getting ready for as long as it likes.
    await Promise.race([ready(app, options.signal), told]);
    await told;
  } finally {
    await app.stop();
  }
  return 0;
}

async function ready(app: App, signal: AbortSignal): Promise<void> {
  await app.start();
  if (signal.aborted) return;
  app.ports.log.info(
    { module: 'app', url: app.url },
    `KubeWise is ready at ${app.url}; the API is described at ${app.url}/docs`,
  );
}

const abortOf = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener('abort', () => resolve(), { once: true });
  });
