import CopyWebpackPlugin from 'copy-webpack-plugin';
import type { Configuration } from 'webpack';
import { merge, mergeWithRules } from 'webpack-merge';
import grafanaConfig, { type Env } from './.config/webpack/webpack.config';

/** The scaffold copies only the root plugin's logos: nested plugins keep theirs beside their own plugin.json. */
const nestedImages = new CopyWebpackPlugin({ patterns: [{ from: '**/img/**', to: '.', noErrorOnMissing: true }] });

/**
 * The scaffold's target, es2015, turns every `async` and spread into helpers of its own: a fifth of each module. The
 * browsers that Grafana 12 supports know both.
 */
const modernSyntax = { test: /\.[tj]sx?$/, use: { options: { jsc: { target: 'es2022' } } } };
const mergeIntoLoader = mergeWithRules({ module: { rules: { test: 'match', use: 'merge' } } });

const config = async (env: Env): Promise<Configuration> =>
  merge(mergeIntoLoader(await grafanaConfig(env), { module: { rules: [modernSyntax] } }), {
    plugins: [nestedImages],
    performance: { maxAssetSize: 200_000, maxEntrypointSize: 60_000 },
  });

export default config;
