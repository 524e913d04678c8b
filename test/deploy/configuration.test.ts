import { getMetadataStorage } from 'class-validator';
import { expect, it } from 'vitest';
import { readEdgeConfig } from '../../apps/edge/src/edge.config.js';
import { readStandaloneConfig } from '../../apps/standalone/src/standalone.config.js';
import { readUpstreamConfig } from '../../apps/upstream/src/upstream.config.js';
import { HEADINGS, KNOWN, SECTIONS, newOf } from './settings.js';

const HEAD = `# Configuration

Settings are environment variables, read once at start, or lines of a file \`.env\` beside \`package.json\`, which \`npm start\`, \`npm run start:upstream\` and \`npm run start:edge\` read; what the environment says goes before it.
A bad value, a name that begins with \`HOLDFAST_\` and is no setting, and settings that contradict each other end the process with exit code 78 and a line each that names them, the value and what was expected.
What is in force, and whether the environment said so, is on the operators' page and under \`settings\` in \`/status\`.

Roles: **s** is the standalone gateway (\`npm start\`), **u** the upstream (\`npm run start:upstream\`), **e** the edge (\`npm run start:edge\`). A setting of another role may be set and does nothing.
\`.env.example\` has the same as a file to copy; the simulator has flags of its own (\`npm run sim -- --help\`).
This file is written by \`npx vitest run --project unit test/deploy/configuration.test.ts --update\` from the declarations in \`libs/runtime/src/settings\`.
`;

const REDIS = { HOLDFAST_REDIS_URL: 'redis://127.0.0.1:6379' };

/** Which settings each role reads, as it says itself. */
const READ_BY = {
  s: namesOf(readStandaloneConfig({})),
  u: namesOf(readUpstreamConfig(REDIS)),
  e: namesOf(readEdgeConfig(REDIS)),
};

function namesOf({ shown }: { shown: readonly { name: string }[] }): Set<string> {
  return new Set(shown.map(({ name }) => name));
}

const UNITS = { _MS: 'ms', _S: 's', _BYTES: 'bytes', _PERCENT: '%' };
const WORDS: Record<string, string> = { ms: ' of milliseconds', s: ' of seconds', bytes: ' of bytes' };

const unitOf = (env: string): string => Object.entries(UNITS).find(([ending]) => env.endsWith(ending))?.[1] ?? '';

const NUMBER = /^a (?:whole )?(?:number|port)( of \w+)? from (\d+) to (\d+)(.*)$/;

/** "A number from 1 to 9" is "1 to 9": that it is a number can be seen. */
function valuesOf(expected: string): string {
  const [, , from, to, rest] = NUMBER.exec(expected) ?? [];
  return from === undefined ? expected : `${grouped(from)} to ${grouped(to ?? '')}${rest}`;
}

const grouped = (digits: string): string => (/^\d{5,}$/.test(digits) ? Number(digits).toLocaleString('en-US') : digits);

const rows = Object.entries(SECTIONS).map(([name, type], _, all) => {
  const shown = new Set(
    all
      .slice(
        0,
        all.findIndex(([other]) => other === name),
      )
      .flatMap(([, before]) => newOf(before, new Set()).map(({ env }) => env)),
  );
  return { name: name as keyof typeof SECTIONS, type, settings: newOf(type, shown) };
});

it('docs/configuration.md has every setting: who reads it, its default, its bounds, its unit and what it does', async () => {
  const sections = rows.map(({ name, settings }) => {
    const lines = settings.map(({ env, says, expected, usual }) => {
      const roles = Object.entries(READ_BY).flatMap(([role, names]) => (names.has(env) ? [role] : []));
      const shown = usual === '' ? 'not set' : `\`${usual}\``;
      return `| \`${env}\` | ${shown} | ${unitOf(env)} | ${valuesOf(expected)} | ${roles.join(' ')} | ${says} |`;
    });
    const title = HEADINGS[name].replace(/ \(.*/, '');
    return `\n## ${title}\n\n| setting | default | unit | values | roles | meaning |\n| --- | --- | --- | --- | --- | --- |\n${lines.join('\n')}\n`;
  });
  await expect(HEAD + sections.join('')).toMatchFileSnapshot('../../docs/configuration.md');
});

it('every setting is in one section alone, and some role reads it', () => {
  const named = rows.flatMap(({ settings }) => settings.map(({ env }) => env));
  expect(named.toSorted((a, b) => a.localeCompare(b))).toEqual([...KNOWN].toSorted((a, b) => a.localeCompare(b)));
  const readers = Object.values(READ_BY);
  expect(named.filter((name) => !readers.some((names) => names.has(name)))).toEqual([]);
});

it('the bounds and the unit that a setting’s sentence says are those that are checked', () => {
  const storage = getMetadataStorage();
  const said = rows.flatMap(({ type, settings }) => {
    const checks = storage.getTargetValidationMetadatas(type, '', true, false);
    const bound = (property: string, name: string): unknown =>
      checks.find((check) => check.propertyName === property && check.name === name)?.constraints?.[0] as unknown;
    return settings.flatMap(({ env, property, expected }) => {
      const [, words, from, to] = NUMBER.exec(expected) ?? [];
      if (from === undefined) return [];
      // Where 0 means something of its own, the least that is checked is 0.
      const least = / or 0 /.test(expected) ? 0 : Number(from);
      const checked = [env, bound(property, 'min'), bound(property, 'max'), WORDS[unitOf(env)]];
      return [{ said: [env, least, Number(to), words], checked }];
    });
  });
  expect(said.length).toBeGreaterThan(40);
  expect(said.map(({ said }) => said)).toEqual(said.map(({ checked }) => checked));
});
