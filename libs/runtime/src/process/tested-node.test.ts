import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { nodeProblem } from './tested-node.js';

it.each(['v20.20.2', 'v18.0.0', 'v24.1.0', 'v2.2.0', 'v220.0.0'])(
  'refuses Node %s with what was expected',
  (version) => {
    expect(nodeProblem(version)).toMatch(new RegExp(`^Node.js ${version} .* expected 22`));
  },
);

it('takes the versions that package.json names, on which these tests run', () => {
  const { engines } = JSON.parse(readFileSync('package.json', 'utf8')) as { engines: { node: string } };
  expect(engines.node).toBe('22.x');
  expect([nodeProblem('v22.12.0'), nodeProblem(process.version)]).toEqual([undefined, undefined]);
});
