import { build } from 'esbuild';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { home } from '../../backend/src/app.ts';

/** A frame as far as this asks: is there something in it? */
export interface Frame {
  readonly name?: string;
  readonly fields: readonly { readonly name: string; readonly values: readonly unknown[] }[];
}
interface Asked {
  readonly uid: string;
  readonly query: object;
  readonly range: { readonly from: number; readonly to: number };
  readonly keep: () => boolean;
}
interface Request {
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
}
type Answer = (request: Request) => Promise<object>;
interface Plugin {
  readonly connect: (answer: Answer) => void;
  readonly createTransport: (proxyUrl: string) => object;
  readonly createKubeWise: (transport: object) => object;
  readonly frameOf: (api: object, asked: Asked) => Promise<readonly Frame[]>;
}

/** What the plugin's data source needs of Grafana at run time: a frame is what it is made of, a request is sent by the caller. */
const standIns: Readonly<Record<string, string>> = {
  '@grafana/data': `
    exports.createDataFrame = (frame) => frame;
    exports.FieldType = { time: 'time', number: 'number', string: 'string', boolean: 'boolean', other: 'other' };
  `,
  '@grafana/runtime': `
    let answer;
    exports.connect = (given) => void (answer = given);
    exports.getBackendSrv = () => ({
      fetch: (request) => ({
        subscribe: (to) => void answer(request).then((one) => (to.next(one), to.complete()), (error) => to.error(error)),
      }),
    });
  `,
};
const entry = `
  export { connect } from '@grafana/runtime';
  export { createKubeWise } from './plugin/src/api/kubewise.ts';
  export { createTransport } from './plugin/src/api/transport.ts';
  export { frameOf } from './plugin/src/datasource/queries.ts';
`;

async function pluginCode(): Promise<Plugin> {
  const folder = mkdtempSync(join(tmpdir(), 'kubewise-datasource-'));
  const outfile = join(folder, 'datasource.mjs');
  await build({
    ...{ stdin: { contents: entry, resolveDir: home, loader: 'ts' }, outfile, bundle: true, format: 'esm' },
    ...{ platform: 'node', logLevel: 'error' },
    plugins: [
      {
        name: 'grafana',
        setup(made) {
          made.onResolve({ filter: /^@grafana\/(data|runtime)$/ }, ({ path }) => ({ path, namespace: 'stand-in' }));
          made.onLoad({ filter: /.*/, namespace: 'stand-in' }, ({ path }) => ({
            ...{ contents: standIns[path] ?? '', loader: 'js' },
          }));
        },
      },
    ],
  });
  try {
    return (await import(pathToFileURL(outfile).href)) as Plugin;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The plugin's own data source code against a backend; times in Unix milliseconds. `requests`: what was really sent. */
export interface PluginDatasource {
  ask(query: object, range: Asked['range']): Promise<readonly Frame[]>;
  readonly requests: string[];
}
export async function pluginDatasource(url: string, token: string): Promise<PluginDatasource> {
  const { connect, createTransport, createKubeWise, frameOf } = await pluginCode();
  const requests: string[] = [];
  connect(async ({ method, url: path, headers }) => {
    requests.push(`${method} ${path}`);
    const answer = await fetch(url + path.replace(/^\/proxy\/api/, '/api/v1'), {
      ...{ method, headers: { ...headers, authorization: `Bearer ${token}` } },
    });
    const given = { status: answer.status, headers: answer.headers, data: await answer.json().catch(() => undefined) };
    if (!answer.ok) throw Object.assign(new Error(`${path}: ${answer.status}`), given);
    return given;
  });
  const api = createKubeWise(createTransport('/proxy'));
  return {
    ask: (query, range) => frameOf(api, { uid: 'kubewise', query, range, keep: () => true }),
    requests,
  };
}

export const isEmpty = (frames: readonly Frame[]): boolean =>
  frames.every((frame) => frame.fields.every(({ values }) => values.length === 0));
