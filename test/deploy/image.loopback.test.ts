import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { DockerfileParser } from 'dockerfile-ast';
import { beforeAll, expect, it, onTestFinished } from 'vitest';
import { assertBuilt } from '../support/built.js';

beforeAll(assertBuilt);

const run = promisify(execFile);

/** The words of the instruction that has these in them, as a shell is given them. */
function instruction(keyword: string, words: string): string {
  const found = DockerfileParser.parse(readFileSync('Dockerfile', 'utf8'))
    .getInstructions()
    .filter((one) => one.getKeyword() === keyword)
    .map((one) => one.getTextContent())
    .find((text) => text.includes(words));
  return (found ?? '').slice(keyword.length).trim().replaceAll('\\\n', '');
}

it('the image keeps what V8 has compiled of a start, for a user who can only read it', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'image-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  for (const part of ['dist', 'node_modules', 'package.json']) symlinkSync(resolve(part), join(folder, part));
  const cache = join(folder, 'compiled');
  mkdirSync(cache);
  const setting = instruction('ENV', 'NODE_COMPILE_CACHE').split(' ').at(-1)?.replace('/app', folder);
  expect(setting).toBe(`NODE_COMPILE_CACHE=${cache}`);
  const env = { PATH: `${dirname(process.execPath)}:${process.env['PATH']}`, NODE_COMPILE_CACHE: cache };
  const anyPort = { HOLDFAST_PORT: '0', HOLDFAST_OPS_PORT: '0' };
  await run('/bin/sh', ['-c', instruction('RUN', 'compiled/start.log')], { cwd: folder, env: { ...env, ...anyPort } });
  const [made = '', ...others] = readdirSync(cache);
  const files = readdirSync(join(cache, made));
  expect([others, files.length > 1_000]).toEqual([[], true]);
  expect(files.filter((file) => (statSync(join(cache, made, file)).mode & 0o444) !== 0o444)).toEqual([]);
  const program = ['-e', "import('./dist/libs/core/src/index.js')"];
  const { stderr } = await run(process.execPath, program, {
    cwd: folder,
    env: { ...env, NODE_DEBUG_NATIVE: 'COMPILE_CACHE' },
    maxBuffer: 10_000_000,
  });
  expect(stderr).toMatch(/dist\/libs\/core\/src\/index.js was accepted/);
  expect(stderr).not.toMatch(/was rejected|failed/);
});
