import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { beforeAll, expect, it } from 'vitest';
import { assertBuilt } from '../support/built.js';

type Entered = { file: string; name: string }[];

let onTheWay: Set<string>;
let warm: Set<string>;
beforeAll(async () => {
  assertBuilt();
  const { stdout } = await promisify(execFile)(process.execPath, ['dist/test/support/frame-path/main.js']);
  const entered = JSON.parse(stdout) as Record<'onTheWay' | 'warm', Entered>;
  const lines = (entries: Entered): Set<string> => new Set(entries.map(({ file, name }) => lineOf(file, name)));
  onTheWay = lines(entered.onTheWay);
  warm = lines(entered.warm);
});

/** `file name`, and the file alone for the reader, whose steps count as one. */
const lineOf = (file: string, name: string): string =>
  file.endsWith('/reader.ts') ? file : `${file} ${name === '' ? '(anonymous)' : name}`;

it('a frame enters at most 25 functions of ours on its way, and the document lists exactly these', () => {
  const document = readFileSync('libs/upstream/src/frame.why.md', 'utf8');
  const listed = [...document.matchAll(/^\d+\. `([^`]+)`(?: `([^`]+)`)?/gm)].map(([, file = '', name = '']) =>
    lineOf(file, name),
  );
  expect([...onTheWay].toSorted()).toEqual(listed.toSorted());
  expect(onTheWay.size).toBeLessThanOrEqual(25);
});

it('a process has warmed up all of them before it starts, but for those behind which sockets are', () => {
  expect([...onTheWay].filter((line) => !warm.has(line) && !line.includes('/door/'))).toEqual([]);
});
