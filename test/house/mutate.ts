/**
 * What do a room's tests hold? Changes the code of one room in many small ways and runs its unit tests against each change;
 * a change that no test notices is a mutant that survives.
 *
 *     npm run mutate -- link            a room, or a part of one: upstream/streams
 *
 * Not part of `check`: a room takes minutes. What survives and may is in `mutants.md`, with the reason.
 */
import { existsSync, globSync } from 'node:fs';
import { Stryker } from '@stryker-mutator/core';

const [room = ''] = process.argv.slice(2);
const [lib = '', ...inside] = room.split('/');
const part = ['libs', lib, 'src', ...inside].join('/');
if (room === '' || !existsSync(part)) {
  console.error(`Expected a room of libs, or a folder in one (link, core, upstream/streams); ${part} does not exist`);
  process.exit(64);
}

const sources = globSync(`${part}/**/*.ts`, {
  exclude: ['**/*.test.ts', '**/*.contract.ts', '**/*.rig.ts', '**/index.ts', '**/*.module.ts'],
});
const stryker = new Stryker({
  mutate: sources,
  testRunner: 'vitest',
  // The runner by its path: plugins are looked for beside Stryker itself otherwise, which a linked node_modules hides.
  plugins: [import.meta.resolve('@stryker-mutator/vitest-runner')],
  vitest: { configFile: 'test/house/mutate.vitest.config.ts', related: true },
  coverageAnalysis: 'perTest',
  ignoreStatic: true,
  concurrency: 2,
  timeoutMS: 10_000,
  reporters: ['clear-text', 'json'],
  clearTextReporter: { allowColor: false, logTests: false, reportTests: false, skipFull: true },
  jsonReporter: { fileName: `coverage/mutation-${room.replaceAll('/', '-')}.json` },
  tempDirName: 'coverage/mutation-tmp',
  ignorePatterns: ['dist', 'coverage', 'asyncapi.yaml'],
  allowConsoleColors: false,
});
await stryker.runMutationTest();
