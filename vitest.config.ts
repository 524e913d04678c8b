import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';
import { LongestFirst } from './test/support/longest-first.js';

const source = {
  resolve: { conditions: ['source'] },
  ssr: { resolve: { conditions: ['source'] } },
};

// Tests start a hundred programs: what V8 has compiled once is kept for the next one.
process.env['NODE_COMPILE_CACHE'] ??= fileURLToPath(new URL('node_modules/.cache/compiled', import.meta.url));
// Nor does any of them live long enough for it to matter how fast its first messages are.
process.env['HOLDFAST_WARM_UP_MS'] ??= '0';

/** Tests with sockets wait more than they compute: more of them at once than there are cores. Each closes what it opens, so one process serves many files. */
const WITH_SOCKETS = { isolate: false, maxWorkers: 5, sequence: { groupOrder: 2 } };

/** Before them, and fewer at once: a story with Redis is up to ten processes, and where the machine has too little for all of them, leases are lost. */
const WITH_REDIS = { isolate: false, maxWorkers: 3, sequence: { groupOrder: 1 } };

/** The three speeds of a test are told by its file name; see CONTRIBUTING.md. */
export default defineConfig({
  test: {
    sequence: { sequencer: LongestFirst },
    projects: [
      {
        ...source,
        test: {
          name: 'unit',
          include: ['{libs,apps,test,bench}/**/*.test.ts'],
          exclude: ['**/*.loopback.test.ts', '**/*.redis.test.ts', '**/node_modules/**', 'dist/**'],
          // Nothing of a unit test outlives it, and most of a file's time would go into loading again what others have loaded.
          isolate: false,
          maxWorkers: 2,
          // A unit test waits for nothing: this ends one that hangs, and no slow machine breaks it.
          testTimeout: 60_000,
        },
      },
      {
        ...source,
        test: {
          ...WITH_SOCKETS,
          name: 'loopback',
          include: ['{libs,apps,test,bench}/**/*.loopback.test.ts'],
          testTimeout: 90_000,
          hookTimeout: 90_000,
        },
      },
      {
        ...source,
        test: {
          ...WITH_REDIS,
          name: 'redis',
          include: ['{libs,apps,test,bench}/**/*.redis.test.ts'],
          globalSetup: ['test/support/redis-server.ts'],
          testTimeout: 90_000,
          hookTimeout: 120_000,
        },
      },
    ],
  },
});
