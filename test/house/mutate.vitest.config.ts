import { defineConfig } from 'vitest/config';

/** The unit tests alone, as one project: what changes thousands of times must be judged in moments. */
export default defineConfig({
  resolve: { conditions: ['source'] },
  ssr: { resolve: { conditions: ['source'] } },
  test: {
    include: ['libs/**/*.test.ts'],
    exclude: ['**/*.loopback.test.ts', '**/*.redis.test.ts', '**/node_modules/**', 'dist/**'],
    // As in the usual run: no test is slow, but a machine may be.
    testTimeout: 60_000,
  },
});
