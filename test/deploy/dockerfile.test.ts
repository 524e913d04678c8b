import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { Script } from 'node:vm';
import { Copy, DockerfileParser, type Instruction } from 'dockerfile-ast';
import { validate } from 'dockerfile-utils';
import { describe, expect, it } from 'vitest';

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
