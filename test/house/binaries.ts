/**
 * The binaries of uWebSockets.js are the ones that were looked at: each has the hash that `uws-binaries.sha256` keeps. After a
 * wanted change: `(cd node_modules/uWebSockets.js/dist/bin && sha256sum *.node) > test/house/uws-binaries.sha256`.
 */
import { createHash } from 'node:crypto';
import { readFileSync, readdirSync } from 'node:fs';

const FOLDER = 'node_modules/uWebSockets.js/dist/bin';
const kept = new Map(
  readFileSync('test/house/uws-binaries.sha256', 'utf8')
    .trim()
    .split('\n')
    .map((line) => line.split(/\s+/).toReversed() as [string, string]),
);
// The image keeps one binary of them, so a missing one is no trouble; an unknown one is.
const binaries = readdirSync(FOLDER).filter((name) => name.endsWith('.node'));
const hashOf = (name: string): string =>
  createHash('sha256')
    .update(readFileSync(`${FOLDER}/${name}`))
    .digest('hex');
const wrong = binaries.filter((name) => kept.get(name) !== hashOf(name));
for (const name of wrong)
  console.error(`binaries: ${name} is not the one whose hash test/house/uws-binaries.sha256 keeps`);
console.log(`binaries: ${binaries.length} of uWebSockets.js, ${wrong.length} unknown`);
if (binaries.length === 0 || wrong.length > 0) process.exit(1);
