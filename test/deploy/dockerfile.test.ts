import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { Script } from 'node:vm';
import { Copy, DockerfileParser, type Instruction } from 'dockerfile-ast';
import { validate } from 'dockerfile-utils';
import { describe, expect, it, onTestFinished } from 'vitest';

const text = readFileSync('Dockerfile', 'utf8');
const dockerfile = DockerfileParser.parse(text);
const lastStage = dockerfile
  .getInstructions()
  .slice(dockerfile.getInstructions().findLastIndex((instruction) => instruction.getKeyword() === 'FROM'));

describe('the Dockerfile', () => {
  it('has nothing that a Dockerfile linter objects to', () => {
    expect(validate(text)).toEqual([]);
  });

  it('copies only files that exist and that .dockerignore lets through', () => {
    const kept = allowed(readFileSync('.dockerignore', 'utf8'));
    const sources = copies()
      .filter((copy) => fromOf(copy) === undefined)
      .flatMap(sourcesOf);
    expect(sources.length).toBeGreaterThan(0);
    expect(sources.filter((path) => !existsSync(path) || !kept.has(path))).toEqual([]);
  });

  it('copies from stages that it has', () => {
    const stages = new Set(dockerfile.getFROMs().map((from) => from.getBuildStage()));
    expect(
      copies()
        .map(fromOf)
        .filter((stage) => stage !== undefined && !stages.has(stage)),
    ).toEqual([]);
  });

  it('carries the rooms that the roles need, and no others', () => {
    const rooms = ['apps', 'libs'].flatMap((kind) => readdirSync(kind).map((name) => `${kind}/${name}`));
    const needed = new Set(['apps/edge', 'apps/upstream', 'apps/standalone']);
    for (const room of needed) for (const other of roomsNeededBy(room)) needed.add(other);
    const [removed = ''] = text.match(/rm -rf .*$/m) ?? [];
    const carried = rooms.filter((room) => !removed.split(' ').includes(`dist/${room}`));
    expect(carried.toSorted()).toEqual([...needed].toSorted());
  });

  it('is built on the Debian of today and the Node of the tests, by digest, in every stage alike', () => {
    const { packages } = JSON.parse(readFileSync('package-lock.json', 'utf8')) as {
      packages: Record<string, { version: string }>;
    };
    const stages = new Set(dockerfile.getFROMs().map((from) => from.getBuildStage()));
    const images = new Set(dockerfile.getFROMs().map((from) => from.getImage() ?? ''));
    for (const stage of stages) if (stage !== null) images.delete(stage);
    expect([...images]).toEqual([
      expect.stringMatching(
        new RegExp(
          `^node:${packages['node_modules/node']?.version.replaceAll('.', '\\.')}-trixie-slim@sha256:[0-9a-f]{64}$`,
        ),
      ),
    ]);
  });

  it('carries what runs, and nothing that only builds or explains', () => {
    const [, production] = of(dockerfile.getInstructions(), 'RUN').filter((run) => textOf(run).includes('npm ci'));
    expect(production && textOf(production)).toMatch(/--omit=dev --ignore-scripts/);
    const from = new Map(copies().flatMap((copy) => sourcesOf(copy).map((path) => [path, fromOf(copy)])));
    expect([from.get('/app/node_modules'), from.get('/app/dist')]).toEqual(['dependencies', 'build']);
    expect(of(dockerfile.getInstructions(), 'RUN').map(textOf).join()).toContain("find dist -name '*.map' -delete");
  });

  it.each([
    ['is built where its platform has a binary of uWebSockets.js, and keeps no other', 0],
    ['is not built where there is none', 1],
  ])('%s', (_, status) => {
    const folder = mkdtempSync(join(tmpdir(), 'image-'));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const modules = join(folder, 'node_modules/uWebSockets.js');
    const binary = `uws_${process.platform}_${process.arch}_${process.versions.modules}.node`;
    cpSync('node_modules/uWebSockets.js', modules, {
      recursive: true,
      dereference: true,
      filter: (path) => !path.endsWith('.node') || (status === 0 && path.endsWith(binary)),
    });
    writeFileSync(join(modules, 'dist/bin/uws_other_x64_127.node'), '');
    const step = of(dockerfile.getInstructions(), 'RUN')
      .map(textOf)
      .find((text) => text.includes('uWebSockets.js/dist/bin'));
    const script = (step ?? '').replace(/^RUN /, '').replaceAll('\\\n', '');
    const PATH = `${dirname(process.execPath)}:${process.env['PATH']}`;
    const built = spawnSync('/bin/sh', ['-ec', script], { cwd: folder, env: { PATH } });
    expect(built.status).toBe(status);
    expect(readdirSync(join(modules, 'dist/bin'))).toEqual(status === 0 ? [binary] : []);
  });

  it('runs as a user that Kubernetes can see is not root', () => {
    const [user] = of(lastStage, 'USER').map((instruction) => instruction.getArgumentsContent());
    expect(user).toMatch(/^[1-9]\d*:[1-9]\d*$/);
  });

  it('starts node itself, so that signals reach it, with a program that the build makes', () => {
    const [command] = of(lastStage, 'CMD').map((instruction) => execForm(instruction));
    expect(command?.[0]).toBe('node');
    expect(existsSync(sourceOf(command?.[1] ?? ''))).toBe(true);
  });

  it('asks for health in the exec form, with a script that parses', () => {
    const [check] = of(lastStage, 'HEALTHCHECK').map((instruction) => instruction.getArgumentsContent() ?? '');
    const [program, flag, script] = JSON.parse((check ?? '').slice((check ?? '').indexOf('['))) as string[];
    expect([program, flag]).toEqual(['node', '-e']);
    expect(() => new Script(script ?? '')).not.toThrow();
  });
});

/** By its imports, those of tests left out. */
function roomsNeededBy(room: string): string[] {
  const files = readdirSync(`${room}/src`, { recursive: true, encoding: 'utf8' });
  return files
    .filter((file) => file.endsWith('.ts') && !/\.(test|rig|contract)\.ts$/.test(file))
    .flatMap((file) => readFileSync(`${room}/src/${file}`, 'utf8').match(/(?<='#)libs\/\w+(?=')/g) ?? []);
}

const of = (instructions: Instruction[], keyword: string): Instruction[] =>
  instructions.filter((instruction) => instruction.getKeyword() === keyword);

const textOf = (instruction: Instruction): string => instruction.getTextContent();

const copies = (): Copy[] => dockerfile.getCOPYs();

const fromOf = (copy: Copy): string | undefined => copy.getFromFlag()?.getValue() ?? undefined;

const sourcesOf = (copy: Copy): string[] =>
  copy
    .getArguments()
    .slice(0, -1)
    .map((argument) => argument.getValue());

const execForm = (instruction: Instruction): string[] =>
  JSON.parse(instruction.getArgumentsContent() ?? '[]') as string[];

/** The exceptions of a .dockerignore that begins by keeping everything out. */
function allowed(text: string): Set<string> {
  const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  if (lines[0] !== '*') throw new Error('.dockerignore no longer keeps everything out first');
  return new Set(lines.filter((line) => line.startsWith('!')).map((line) => line.slice(1)));
}

const sourceOf = (compiled: string): string => compiled.replace(/^dist\//, '').replace(/\.js$/, '.ts');
