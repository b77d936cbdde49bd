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
type Get = (path: string, params?: Readonly<Record<string, unknown>>) => Promise<unknown>;
interface Asked {
  readonly uid: string;
  readonly query: object;
  readonly range: { readonly from: number; readonly to: number };
  readonly keep: () => boolean;
}
interface Plugin {
  readonly createKubeWise: (transport: { readonly get: Get }) => object;
  readonly frameOf: (api: object, asked: Asked) => Promise<readonly Frame[]>;
}

/** What the plugin's data source needs of @grafana/data at run time: a frame is what it is made of. */
const grafanaData = `
  exports.createDataFrame = (frame) => frame;
  exports.FieldType = { time: 'time', number: 'number', string: 'string', boolean: 'boolean', other: 'other' };
`;
const entry = `
  export { createKubeWise } from './plugin/src/api/kubewise.ts';
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
        name: 'grafana-data',
        setup(made) {
          made.onResolve({ filter: /^@grafana\/data$/ }, ({ path }) => ({ path, namespace: 'stand-in' }));
          made.onLoad({ filter: /.*/, namespace: 'stand-in' }, () => ({ contents: grafanaData, loader: 'js' }));
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

/** Runs queries through the plugin's own data source code against a backend; times in Unix milliseconds. */
export async function pluginDatasource(url: string, token: string) {
  const { createKubeWise, frameOf } = await pluginCode();
  const get: Get = async (path, params = {}) => {
    const given = Object.entries(params).filter(([, value]) => value !== undefined);
    const query = new URLSearchParams(given.map(([name, value]) => [name, String(value)]));
    const answer = await fetch(`${url}/api/v1/${path.replace(/^api\//, '')}?${query.toString()}`, {
      headers: { authorization: `Bearer ${token}` },
    });
    if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
    return answer.json();
  };
  const api = createKubeWise({ get });
  return (query: object, range: Asked['range']): Promise<readonly Frame[]> =>
    frameOf(api, { uid: 'kubewise', query, range, keep: () => true });
}

export const isEmpty = (frames: readonly Frame[]): boolean =>
  frames.every((frame) => frame.fields.every(({ values }) => values.length === 0));
