import { readFileSync } from 'node:fs';
import { posix } from 'node:path';

/** What is on the site, in the order of its navigation; a line of text heads what follows. The first page is the site's home. */
export const CONTENTS = [
  'README.md',
  'docs/README.md',
  'Understand',
  'docs/architecture.md',
  'docs/glossary.md',
  'docs/comparison.md',
  'docs/performance.md',
  'docs/security.md',
  'docs/versioning.md',
  'docs/licences.md',
  'Use',
  'PROTOCOL.md',
  'libs/client/README.md',
  'docs/redis.md',
  'examples/README.md',
  'Run',
  'docs/configuration.md',
  'docs/deploying.md',
  'k8s/README.md',
  'k8s/runbook.md',
  'docs/troubleshooting.md',
  'bench/README.md',
  'Work on it',
  'CONTRIBUTING.md',
  'CHANGELOG.md',
  'SECURITY.md',
  'libs/simulator/incidents.md',
] as const;

export interface SitePage {
  /** Its file in the repository. */
  source: string;
  /** Its file on the site. */
  target: string;
  title: string;
  text: string;
}

const HOME = 'README.md';
const TITLES: Readonly<Record<string, string>> = { [HOME]: 'Start', 'docs/README.md': 'All documents' };

export const isPage = (line: string): boolean => line.endsWith('.md');

export function readPages(): SitePage[] {
  return CONTENTS.filter(isPage).map((source) => {
    const text = readFileSync(source, 'utf8');
    const heading = /^# (.+)$/m.exec(text)?.[1] ?? source;
    return { source, target: targetOf(source), title: TITLES[source] ?? heading.replaceAll('`', ''), text };
  });
}

/** `README.md` of a folder is its `index.html`. */
const targetOf = (source: string): string => source.replace(/(^|\/)README\.md$/, '$1index.md').replace(/md$/, 'html');

/** As GitHub makes the anchor of a heading. */
export const anchorOf = (heading: string): string =>
  heading
    .trim()
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
    .replaceAll(/\s/g, '-');

/** A link as it stands in a document, where it leads on the site, and the file of the repository that must come along, if it is no page. */
export function linkOnSite(href: string, from: SitePage, pages: readonly SitePage[]): { href: string; file?: string } {
  if (/^[a-z]+:/i.test(href) || href.startsWith('#')) return { href };
  const [path = '', anchor] = href.split('#');
  const file = posix.normalize(posix.join(posix.dirname(from.source), path));
  const page = pages.find(({ source }) => source === file);
  const to = posix.relative(posix.dirname(from.target), page?.target ?? file);
  const whole = anchor === undefined ? to : `${to}#${anchor}`;
  return page ? { href: whole } : { href: whole, file };
}
