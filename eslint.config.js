import js from '@eslint/js';
import ts from 'typescript-eslint';

const pure = 'The core is pure: take it as an argument (see pipeline/ports.ts).';
const tests = ['**/*.test.ts'];
const impure = [
  'fetch',
  'process',
  'console',
  'setTimeout',
  'setInterval',
  'setImmediate',
  'queueMicrotask',
  'performance',
  'crypto',
  'Worker',
];

/** The nouns and the verbs: no I/O, clock, chance or hidden state. */
const core = {
  files: ['backend/src/model/**/*.ts', 'backend/src/pipeline/*/**/*.ts'],
  ignores: tests,
  rules: {
    'no-restricted-globals': ['error', ...impure.map((name) => ({ name, message: pure }))],
    'no-restricted-properties': [
      'error',
      { object: 'Date', property: 'now', message: pure },
      { object: 'Math', property: 'random', message: pure },
    ],
    'no-restricted-syntax': [
      'error',
      { selector: "NewExpression[callee.name='Date'][arguments.length=0]", message: pure },
      { selector: ':function[async=true], AwaitExpression', message: pure },
      {
        selector: ":matches(Program, ExportNamedDeclaration) > VariableDeclaration[kind='let']",
        message: 'No state in a module: a detector owns its arrays, a loop owns the rest.',
      },
    ],
    'no-param-reassign': ['error', { props: true }],
  },
};

/** The exceptions: detectors and the series table write to the typed arrays that they own. */
const hotPath = {
  files: ['backend/src/pipeline/detect/**/*.ts', 'backend/src/pipeline/collect/**/*.ts'],
  ignores: tests,
  rules: { 'no-param-reassign': ['error', { props: false }] },
};

/** Patches need an explicit content type: only the Kubernetes adapter's wrapper may call the client's patch methods. */
const patches = {
  files: ['backend/src/**/*.ts'],
  ignores: [...tests, 'backend/src/adapters/kubernetes/**'],
  rules: {
    'no-restricted-imports': [
      'error',
      { paths: [{ name: '@kubernetes/client-node', message: 'Only adapters/kubernetes talks to the client.' }] },
    ],
  },
};

export default [
  { ignores: ['**/node_modules/**', '**/dist/**', '**/coverage/**', '**/fixtures/**'] },
  js.configs.recommended,
  ...ts.configs.recommendedTypeChecked,
  { languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } } },
  {
    files: ['**/*.js', '**/*.mjs', '**/*.cjs'],
    ...ts.configs.disableTypeChecked,
  },
  {
    files: ['**/*.ts'],
    rules: {
      'no-undef': 'off',
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/no-unsafe-member-access': 'off',
      '@typescript-eslint/no-unsafe-argument': 'off',
      '@typescript-eslint/no-unsafe-return': 'off',
      '@typescript-eslint/no-unsafe-call': 'off',
      '@typescript-eslint/require-await': 'off',
      '@typescript-eslint/restrict-template-expressions': 'off',
      '@typescript-eslint/no-base-to-string': 'off',
    },
  },
  {
    files: ['**/*.mjs', '**/*.cjs', '**/*.js'],
    languageOptions: { globals: { process: 'readonly', console: 'readonly', module: 'writable', URL: 'readonly' } },
  },
  core,
  hotPath,
  patches,
];
