import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { beforeAll, expect, it } from 'vitest';
import { assertBuilt } from '../support/built.js';

beforeAll(assertBuilt);

/** `file name`, and the file alone for the reader, whose steps count as one. */
const lineOf = (file: string, name: string): string =>
  file.endsWith('/reader.ts') ? file : `${file} ${name === '' ? '(anonymous)' : name}`;

it('a frame enters at most 25 functions of ours on its way, and the document lists exactly these', async () => {
  const { stdout } = await promisify(execFile)(process.execPath, ['dist/test/support/frame-path/main.js']);
  const entered = JSON.parse(stdout) as { file: string; name: string }[];
  const counted = new Set(entered.map(({ file, name }) => lineOf(file, name)));
  const document = readFileSync('libs/upstream/src/frame.why.md', 'utf8');
  const listed = [...document.matchAll(/^\d+\. `([^`]+)`(?: `([^`]+)`)?/gm)].map(([, file = '', name = '']) =>
    lineOf(file, name),
  );
  expect([...counted].toSorted()).toEqual(listed.toSorted());
  expect(counted.size).toBeLessThanOrEqual(25);
});
