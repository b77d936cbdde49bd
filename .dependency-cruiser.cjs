// Each rule is one arrow of the design. Run: npm run run:arrows
const backend = '^backend/src/';
const plugin = '^plugin/src/';
const only = (name, from, to) => ({
  name,
  severity: 'error',
  from: { path: from, pathNot: '[.]test[.]ts$' },
  to: { pathNot: to },
});
/** Tests and the fakes they start are wiring: they may reach for the real thing. */
const wiring = '[.](test|fake)[.]ts$';
const never = (name, from, to, except) => ({
  name,
  severity: 'error',
  from: { path: from, pathNot: wiring },
  to: { path: to, ...(except && { pathNot: except }) },
});
module.exports = {
  forbidden: [
    { name: 'no-circular', severity: 'error', from: {}, to: { circular: true } },
    { name: 'not-to-unresolvable', severity: 'error', from: {}, to: { couldNotResolve: true } },
    {
      ...only('model-imports-nothing', `${backend}model/`, [`${backend}model/`, '/zod/']),
      from: { path: `${backend}model/`, pathNot: ['[.]test[.]ts$', 'model/digest[.]ts$'] },
    },
    only('pipeline-imports-model', `${backend}pipeline/`, [`${backend}(model/index|pipeline/)`, '/zod/']),
    never(
      'stages-meet-only-in-the-model',
      `${backend}pipeline/([^/]+)/`,
      `${backend}pipeline/`,
      // The fakes of the ports are for tests.
      [`${backend}pipeline/$1/`, `${backend}pipeline/ports[.]fake[.]ts$`],
    ),
    never('loops-enter-stages-by-index', `${backend}pipeline/[^/]+[.]ts$`, `${backend}pipeline/[^/]+/`, '/index[.]ts$'),
    never('adapters-know-ports-not-stages', `${backend}adapters/([^/]+)/`, backend, [
      `${backend}model/index`,
      `${backend}pipeline/ports`,
      `${backend}adapters/$1/`,
    ]),
    never('http-knows-ports-not-adapters', `${backend}http/`, backend, [
      `${backend}model/index`,
      `${backend}pipeline/ports`,
      `${backend}http/`,
    ]),
    never('cli-knows-app-and-the-wire', `${backend}cli/`, backend, [
      `${backend}(app|config)[.]ts$`,
      `${backend}model/index`,
      `${backend}http/(client|contract)[.]ts$`,
      `${backend}cli/`,
    ]),
    never('config-knows-the-model', `${backend}config[.]ts$`, backend, `${backend}model/index`),
    never('main-only-starts', `${backend}main[.]ts$`, backend, [`${backend}(app|config)[.]ts$`, `${backend}cli/index`]),
    never(
      'enter-a-room-by-its-index',
      `${backend}([^/]+)`,
      `${backend}(model|http|cli|adapters/[^/]+|pipeline/[^/]+)/`,
      ['/index[.]ts$', `${backend}http/(client|contract)[.]ts$`, `${backend}$1`],
    ),
    // Tests beside the code may: the simulated cluster is what an adapter is tried against.
    {
      name: 'product-does-not-import-test',
      severity: 'error',
      from: { path: '^(backend|plugin)/', pathNot: '[.]test[.]ts$' },
      to: { path: '^test/', pathNot: '^test/cluster/index[.]ts$' },
    },
    {
      name: 'only-the-demo-starts-the-cluster',
      severity: 'error',
      from: { path: '^(backend|plugin)/', pathNot: [`${backend}cli/demo[.]ts$`, '[.]test[.]ts$'] },
      to: { path: '^test/cluster/' },
    },
    {
      name: 'the-cluster-stands-outside',
      severity: 'error',
      from: { path: '^test/cluster/', pathNot: '[.]test[.]ts$' },
      to: { path: '^(backend|plugin)/' },
    },
    never('plugin-knows-only-the-contract', '^plugin/', '^backend/', `${backend}http/contract[.]ts$`),
  ],
  options: {
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    doNotFollow: { path: 'node_modules' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'types', 'node', 'default'],
      extensions: ['.ts', '.tsx', '.js'],
    },
  },
};
