// force timezone to UTC to allow tests to work regardless of local timezone
process.env.TZ = 'UTC';

const path = require('node:path');
const base = require('./.config/jest.config');
const { grafanaESModules, nodeModulesToTransform } = require('./.config/jest/utils');

const [swc] = Object.values(base.transform);
const ours = (name) => path.dirname(require.resolve(`${name}/package.json`));

module.exports = {
  // The first, uncached transform of @grafana/ui takes longer than five seconds.
  testTimeout: 30000,
  ...base,
  // One React for the plugin and for the hoisted @grafana packages: the workspace root holds another version.
  moduleNameMapper: {
    ...base.moduleNameMapper,
    '^react$': ours('react'),
    '^react/(.*)$': `${ours('react')}/$1`,
    '^react-dom$': ours('react-dom'),
    '^react-dom/(.*)$': `${ours('react-dom')}/$1`,
  },
  // d3-interpolate ships .mjs only.
  transform: { '^.+\\.m?[tj]sx?$': swc },
  transformIgnorePatterns: [nodeModulesToTransform([...grafanaESModules, '@react-hookz/web', '@ver0/deep-equal'])],
};
