import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';

/** Rooms that take half a second to load. */
const HEAVY = /^#libs\/(runtime|bus|rest|upstream|edge|drill|ops|binance)$/;

/** What is loaded with a source of ours, by its own imports and those of what it imports; what is imported when it is asked for does not count. */
function loadedWith(file: string, seen = new Set<string>()): Set<string> {
  if (seen.has(file)) return seen;
  seen.add(file);
  const text = readFileSync(file, 'utf8');
  for (const [, clause = '', name = ''] of text.matchAll(/^(?:import|export) ([^;]*?) ?from '([^']+)';/gms)) {
    if (clause.startsWith('type ')) continue;
    if (name.startsWith('#libs/')) {
      seen.add(name);
      loadedWith(`libs/${name.slice(6)}/src/index.ts`, seen);
    } else if (name.startsWith('.'))
      loadedWith(new URL(name.replace(/\.js$/, '.ts'), `file:///${file}`).pathname.slice(1), seen);
  }
  return seen;
}

it.each(['main', 'status', 'token', 'drill-list', 'watching/watch', 'watching/native'])(
  'the command line starts at once: %s loads no gateway',
  (name) => {
    const loaded = [...loadedWith(`apps/cli/src/${name}.ts`)];
    expect(loaded.length).toBeGreaterThan(5);
    expect(loaded.filter((one) => HEAVY.test(one))).toEqual([]);
  },
);

it('and would be found out if it did', () => {
  expect([...loadedWith('apps/cli/src/drill.ts')].some((one) => HEAVY.test(one))).toBe(true);
});
