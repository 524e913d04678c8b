import { globSync, readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { HEADINGS, KNOWN, SECTIONS, newOf } from './settings.js';

const HEAD = `# Settings of Holdfast. Each is an environment variable, read once at start; a bad one ends the process with exit code 78
# and a line that names it. The values shown are the defaults: take the # away to change one.
# npm start, npm run start:upstream and npm run start:edge read a file of this form named .env beside package.json; what the
# environment says goes before it. A name that begins with HOLDFAST_ and is no setting ends the process as a bad value does.
# This file is written by test/deploy/env-example.test.ts from the settings' own declarations.
`;

it('.env.example shows every setting with its sentence, what is expected, and its default', async () => {
  const shown = new Set<string>();
  const sections = Object.entries(SECTIONS).map(
    ([name, type]) =>
      `\n# --- ${HEADINGS[name as keyof typeof HEADINGS]} ---\n\n${linesOf(type, shown).join('\n\n')}\n`,
  );
  await expect(HEAD + sections.join('')).toMatchFileSnapshot('../../.env.example');
});

it('.env.example leaves out no settings class', () => {
  const sources = globSync('{libs,apps}/**/*.ts', { exclude: (path) => path.endsWith('.test.ts') });
  const text = sources.map((path) => readFileSync(path, 'utf8')).join('\n');
  const declared = [...text.matchAll(/\benv: '(HOLDFAST_\w+)'/g)].map(([, name]) => name);
  expect(new Set(declared)).toEqual(new Set([...KNOWN].filter((name) => name.startsWith('HOLDFAST_'))));
});

const linesOf = (type: new () => object, shown: Set<string>): string[] =>
  newOf(type, shown).map(({ env, says, expected, usual }) => `# ${says}\n# Expects ${expected}.\n#${env}=${usual}`);
