import { createHash } from 'node:crypto';
import { existsSync, readFileSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { rootOf } from '#libs/release';

/** A file that a page loads. */
export interface Asset {
  type: string;
  body: Buffer;
  /** Of its bytes: a browser asks whether it has them already. */
  tag: string;
}

/** What a page is made of, as the build leaves it: what runs in browsers is what stands in the repository. */
export interface PagePlan {
  title: string;
  /** Its own scripts and styles: files and folders below `dist`. */
  own: readonly string[];
  /** What its imports name that is ours as well: a file below `dist` each. */
  ours: Readonly<Record<string, string>>;
  /** What its imports name that is a package's: a file below `node_modules` each. */
  packages: Readonly<Record<string, string>>;
  /** In their order; of these and `main` each is one of the files above, or of a package. */
  styles: readonly string[];
  main: string;
  /** Where its files are asked for, seen from the page: `./assets`. */
  assetsAt: string;
  /** Shown before anything of it runs: HTML. */
  before: string;
}

/** A page before it has loaded anything, and what a browser is to let it do. */
export interface Shell {
  html: string;
  headers: Readonly<Record<string, string>>;
}

const TYPES: Readonly<Record<string, string>> = {
  js: 'text/javascript; charset=utf-8',
  mjs: 'text/javascript; charset=utf-8',
  css: 'text/css; charset=utf-8',
};

/** It brings nothing from elsewhere, and runs nothing but its own. */
export function shellOf({ title, ours, packages, styles, main, assetsAt, before }: PagePlan): Shell {
  const named = Object.entries({ ...packages, ...ours });
  const importMap = JSON.stringify({
    imports: Object.fromEntries(named.map(([name, file]) => [name, `${assetsAt}/${file}`])),
  });
  const links = styles.map((file) => `<link rel="stylesheet" href="${assetsAt}/${file}">\n`).join('');
  const html = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${title}</title>
<link rel="icon" href="data:,">
${links}<script type="importmap">${importMap}</script>
<script type="module" src="${assetsAt}/${main}"></script>
</head>
<body><div id="page"><main><h1>Holdfast</h1><p>${before}</p></main></div></body>
</html>
`;
  const hash = createHash('sha256').update(importMap).digest('base64');
  const policy = `default-src 'none'; script-src 'self' 'sha256-${hash}'; style-src 'self'; img-src data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`;
  return {
    html,
    headers: {
      'content-type': 'text/html; charset=utf-8',
      'content-security-policy': policy,
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
      'cache-control': 'no-cache',
    },
  };
}

/** What is said beside a file: it may be kept, and is asked about each time, so that a new version is seen at once. */
export const assetHeaders = ({ type, tag }: Asset): Record<string, string> => ({
  'content-type': type,
  etag: tag,
  'cache-control': 'no-cache',
  'x-content-type-options': 'nosniff',
});

/** The files of a page, by the path under which it asks for them; read once. No path of a stranger is looked for on the disk. */
export class Assets {
  private readonly files: ReadonlyMap<string, string>;
  private readonly read = new Map<string, Asset>();

  constructor({ own, ours, packages, styles }: PagePlan, root = rootOf()) {
    const [dist, modules] = [join(root, 'dist'), join(root, 'node_modules')];
    const isLoaded = (path: string): boolean => /\.(?:js|css)$/.test(path);
    const built = [...own.flatMap((path) => filesAt(dist, path)).filter(isLoaded), ...Object.values(ours)];
    const ofPackages = [...Object.values(packages), ...styles.filter((path) => !built.includes(path))];
    this.files = new Map([
      ...built.map((path) => [path, join(dist, path)] as const),
      ...ofPackages.map((path) => [path, join(modules, path)] as const),
    ]);
  }

  /** Undefined where the page has no such file. */
  find(path: string): Asset | undefined {
    const known = this.read.get(path);
    if (known) return known;
    const file = this.files.get(path);
    const asset = file === undefined ? undefined : load(file);
    if (asset) this.read.set(path, asset);
    return asset;
  }
}

/** Undefined where it is not there, or not to be read at the moment: whoever asks for it must not end the process. */
function load(file: string): Asset | undefined {
  let body: Buffer;
  try {
    body = readFileSync(file);
  } catch {
    return undefined;
  }
  const tag = `"${createHash('sha256').update(body).digest('base64url').slice(0, 22)}"`;
  return { type: TYPES[file.split('.').at(-1) ?? ''] ?? 'application/octet-stream', body, tag };
}

/** Before the first build there are none. */
function filesAt(root: string, path: string): string[] {
  const place = join(root, path);
  if (!existsSync(place)) return [];
  if (!statSync(place).isDirectory()) return [path];
  return readdirSync(place, { recursive: true, encoding: 'utf8' }).map((file) => `${path}/${file}`);
}
