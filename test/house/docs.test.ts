import { existsSync, globSync, readFileSync, readdirSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { describe, expect, it } from 'vitest';

const SKIPPED = ['**/node_modules/**', 'dist/**'];
const docs = globSync('**/*.md', { exclude: SKIPPED }).sort();
const { scripts } = JSON.parse(readFileSync('package.json', 'utf8')) as { scripts: Record<string, string> };

/** What stands in the root of the repository: a back-quoted text that begins with one of these is a path. */
const roots = new Set(readdirSync('.').filter((name) => !/^(?:node_modules|dist|\.git)$/.test(name)));
const everyFile = globSync('{apps,libs,test,bench,k8s}/**/*', { exclude: SKIPPED });

/** Code and manifests, in which whatever a document names must stand. */
const code = globSync('{apps,libs,test,bench,k8s,compose}/**/*.{ts,tsx,yaml,yml}', { exclude: SKIPPED })
  .map((file) => readFileSync(file, 'utf8'))
  .join('\n');

/** Some metrics are put together of a beginning, which all of a room share, and a name of their own. */
const isInCode = (name: string): boolean =>
  code.includes(name) || code.includes(`'${name.replace(/^holdfast_(?:upstream|edge)_(?:rest_)?|_total$/g, '')}'`);

describe.each(docs)('%s', (doc) => {
  const text = readFileSync(doc, 'utf8');

  it('names only paths that exist', () => {
    const missing = pathsIn(text).filter((path) => !exists(path, doc));
    expect(missing).toEqual([]);
  });

  it('holds nothing that a merge has left behind', () => {
    expect(text.match(/^(?:<{7}|={7}|>{7})(?: .*)?$/gm)).toBeNull();
  });

  it('names only settings and metrics that exist', () => {
    const settings = [...text.matchAll(/\bHOLDFAST_[A-Z0-9_]+[A-Z0-9]\b(?![*_…])/g)].map(([name]) => name);
    const metrics = [...text.matchAll(/\bholdfast_(?:[a-z0-9]+_)+[a-z0-9]+\b(?![*_…])/g)].map(([name]) => name);
    expect([...settings, ...metrics].filter((name) => !isInCode(name))).toEqual([]);
  });

  it('names only sections of the page and log codes that exist', () => {
    const sections = [...text.matchAll(/[Pp]age, \*([^*\n]+)\*(?: and \*([^*\n]+)\*)?/g)].flatMap(
      ([, ...names]) => names,
    );
    const codes = [...text.matchAll(/[Ll]og(?: code)?:? `([a-z]+\.[a-z-]+)`/g)].map(([, name = '']) => name);
    const named = sections.flatMap((name) => (name === undefined ? [] : [`title="${name}"`]));
    expect([...named, ...codes.map((name) => `'${name}'`)].filter((one) => !code.includes(one))).toEqual([]);
  });

  it('names only npm scripts that exist', () => {
    const named = [...text.matchAll(/npm run (?:--silent )?([a-z][\w:]*)/g)].map(([, script = '']) => script);
    expect(named.filter((script) => !(script in scripts))).toEqual([]);
  });
});

const START = 'CHANGELOG.md CONTRIBUTING.md PROTOCOL.md README.md SECURITY.md bench/README.md k8s/README.md'.split(' ');

it('reads the documents that people start with', () => {
  expect(docs).toEqual(expect.arrayContaining(START));
});

it('takes for a path what looks like one, and nothing else', () => {
  const text =
    'see `libs/core/src/codec.ts`, [the law](../PROTOCOL.md#2) and `pipe.ts`; not `btcusdt@trade`, `/v1/x`, `https://a/b.ts` or `node.ts()`';
  expect(pathsIn(text)).toEqual(['../PROTOCOL.md', 'libs/core/src/codec.ts', 'pipe.ts']);
});

/** Link targets inside the repository, and whatever looks like a path in back-quotes or in a block of code. */
function pathsIn(text: string): string[] {
  const blocks = [...text.matchAll(/```.*?```/gs)].map(([block]) => block);
  const prose = text.replaceAll(/```.*?```/gs, '');
  const links = [...prose.matchAll(/\]\(([^)\s]+)\)/g)].map(([, target = '']) => target.replace(/#.*$/, ''));
  const quoted = [...prose.matchAll(/`([^`\n]+)`/g)].map(([, inner = '']) => inner);
  const isLocal = (target: string): boolean => target !== '' && !/^[a-z]+:/.test(target);
  return [
    ...links.filter(isLocal),
    ...[...quoted, ...blocks].flatMap((code) => code.split(/\s+/)).filter(looksLikePath),
  ];
}

/** A placeholder on a command line, and Kubernetes's name of an API. */
const NO_PATHS = /^(?:FILE\.jsonl|mine\.jsonl|apps\/v1)$/;

function looksLikePath(text: string): boolean {
  if (NO_PATHS.test(text)) return false;
  if (!/^[\w.@{},*<>/-]+$/.test(text) || text.startsWith('/')) return false;
  const [first = ''] = text.split('/');
  return (
    (text.includes('/') && roots.has(first)) || /^(?:[\w.<>*-]+\/)*[\w.<>*-]+\.(?:ts|md|json|ya?ml|jsonl)$/.test(text)
  );
}

/** From the root, beside the document, or (a mere file name, or the end of a path) anywhere; `<type>` and `*` stand for anything. */
function exists(path: string, doc: string): boolean {
  const pattern = path.replaceAll(/<[^>]+>/g, '*').replace(/\/$/, '');
  if (/[*{]/.test(pattern))
    return (
      globSync([pattern, join(dirname(doc), pattern), `{apps,libs,test,bench}/**/${pattern}`], { exclude: SKIPPED })
        .length > 0
    );
  if (existsSync(pattern) || existsSync(normalize(join(dirname(doc), pattern)))) return true;
  return everyFile.some((file) => file.endsWith(`/${pattern}`));
}
