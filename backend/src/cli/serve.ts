import { createApp } from '../app.ts';
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
  await app.start();
  app.ports.log.info(
    { module: 'app', url: app.url },
    `KubeWise is ready at ${app.url}; the API is described at ${app.url}/docs`,
  );
  await new Promise<void>((resolve) => {
    if (options.signal.aborted) resolve();
    options.signal.addEventListener('abort', () => resolve(), { once: true });
  });
  await app.stop();
  return 0;
}
