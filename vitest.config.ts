import { defineConfig } from 'vitest/config';

const source = {
  resolve: { conditions: ['source'] },
  ssr: { resolve: { conditions: ['source'] } },
};

/** The three speeds of a test are told by its file name; see CONTRIBUTING.md. */
export default defineConfig({
  test: {
    // Most tests wait for sockets rather than compute; one worker less than there are cores would leave the machine idle.
    maxWorkers: 2,
    projects: [
      {
        ...source,
        test: {
          name: 'unit',
          include: ['{libs,apps,test,bench}/**/*.test.ts'],
          exclude: ['**/*.loopback.test.ts', '**/*.redis.test.ts', '**/node_modules/**', 'dist/**'],
        },
      },
      {
        ...source,
        test: {
          name: 'loopback',
          include: ['{libs,apps,test,bench}/**/*.loopback.test.ts'],
          testTimeout: 30_000,
          hookTimeout: 30_000,
        },
      },
      {
        ...source,
        test: {
          name: 'redis',
          include: ['{libs,apps,test,bench}/**/*.redis.test.ts'],
          globalSetup: ['test/support/redis-server.ts'],
          testTimeout: 30_000,
          hookTimeout: 60_000,
        },
      },
    ],
  },
});
