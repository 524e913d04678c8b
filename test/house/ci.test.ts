import { readFileSync, statSync } from 'node:fs';
import { expect, it } from 'vitest';
import { parse } from 'yaml';

interface Workflow {
  on: Record<string, unknown>;
  permissions: Record<string, string>;
  jobs: Record<string, { container: string; 'timeout-minutes': number; steps: { uses?: string; run?: string }[] }>;
}

const script = readFileSync('.ci/run', 'utf8');
const workflow = parse(readFileSync('.github/workflows/ci.yml', 'utf8')) as Workflow;

it('GitHub runs what .ci/run runs: that very file, and nothing beside it', () => {
  const steps = Object.values(workflow.jobs).flatMap((job) => job.steps);
  expect(steps.flatMap(({ run }) => run ?? [])).toEqual(['.ci/run']);
  expect(steps.flatMap(({ uses }) => uses ?? [])).toEqual([expect.stringMatching(/^actions\/checkout@v\d+$/)]);
  expect(statSync('.ci/run').mode & 0o111).not.toBe(0);
  expect(Object.keys(workflow.on)).toEqual(['push', 'pull_request']);
  expect(workflow.permissions).toEqual({ contents: 'read' });
});

it('runs it on the Node and the Debian of the image, as root, which apt wants', () => {
  const { scripts, devDependencies } = JSON.parse(readFileSync('package.json', 'utf8')) as {
    scripts: Record<string, string>;
    devDependencies: Record<string, string>;
  };
  const [, node] = /^FROM node:([\d.]+-\w+)-slim@/m.exec(readFileSync('Dockerfile', 'utf8')) ?? [];
  for (const job of Object.values(workflow.jobs)) expect(job.container).toBe(`node:${node}`);
  expect(node).toContain(devDependencies['node']?.replace('^', ''));
  // What a contributor is told to run is what is run there.
  const commands = [...script.matchAll(/^npm (?:run )?(\w+)$/gm)].map(([, name = '']) => name);
  expect(commands).toEqual(['ci', 'test', 'check']);
  expect(commands.slice(1).filter((name) => !(name in scripts))).toEqual([]);
});

it('the release script asks for the workflow by the name that it has', () => {
  expect(readFileSync('test/release/release.ts', 'utf8')).toContain("'--workflow', 'ci.yml'");
});
