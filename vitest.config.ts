import { defineConfig } from 'vitest/config';

/** `unit` is `npm test`: minutes, nothing outside npm. `slow` is real servers, browsers, kill -9 and whole runs. */
export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'unit',
          include: [
            'backend/src/**/*.test.ts',
            'test/{bench,cluster,scenarios,smoke,store}/**/*.test.ts',
            'test/*.test.ts',
          ],
          testTimeout: 60_000,
          hookTimeout: 60_000,
          maxWorkers: 2,
        },
      },
      {
        test: {
          name: 'slow',
          include: ['test/{integration,e2e}/**/*.test.ts'],
          exclude: ['test/integration/faults.test.ts'],
          testTimeout: 600_000,
          hookTimeout: 180_000,
          fileParallelism: false,
        },
      },
      {
        // Every family of faults on a cluster of its own: long, and about the simulator alone.
        test: {
          name: 'faults',
          include: ['test/integration/faults.test.ts'],
          testTimeout: 600_000,
          hookTimeout: 180_000,
        },
      },
    ],
  },
});
