import { defineConfig } from 'vitest/config';

/** `unit` is `npm test`: minutes, nothing outside npm. `slow` is real servers, kill -9 and whole runs. */
export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'unit',
          include: ['backend/src/**/*.test.ts', 'test/cluster/**/*.test.ts', 'test/smoke/**/*.test.ts'],
          testTimeout: 30_000,
        },
      },
      {
        test: {
          name: 'slow',
          include: ['test/integration/**/*.test.ts'],
          testTimeout: 600_000,
          hookTimeout: 120_000,
          fileParallelism: false,
        },
      },
    ],
  },
});
