import { existsSync, globSync, rmSync } from 'node:fs';

/** What a deleted source has left in `dist` would be found by whoever imports it, and by tests that run what was built. */
const orphans = globSync('dist/{apps,libs,test,bench}/**/*.js').filter((built) => {
  const source = built.replace(/^dist\//, '').replace(/\.js$/, '');
  return !existsSync(`${source}.ts`) && !existsSync(`${source}.tsx`);
});
for (const built of orphans) for (const file of [built, `${built}.map`]) rmSync(file, { force: true });
