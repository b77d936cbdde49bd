import CopyWebpackPlugin from 'copy-webpack-plugin';
import type { Configuration } from 'webpack';
import { merge } from 'webpack-merge';
import grafanaConfig, { type Env } from './.config/webpack/webpack.config';

/** The scaffold copies only the root plugin's logos: nested plugins keep theirs beside their own plugin.json. */
const nestedImages = new CopyWebpackPlugin({ patterns: [{ from: '**/img/**', to: '.', noErrorOnMissing: true }] });

const config = async (env: Env): Promise<Configuration> =>
  merge(await grafanaConfig(env), {
    plugins: [nestedImages],
    performance: { maxAssetSize: 200_000, maxEntrypointSize: 60_000 },
  });

export default config;
