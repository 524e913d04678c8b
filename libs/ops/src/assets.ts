import { createHash } from 'node:crypto';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { rootOf } from '#libs/release';

/** A file that the page loads. */
export interface Asset {
  type: string;
  body: Buffer;
  /** Of its bytes: a browser asks whether it has them already. */
  tag: string;
}

/** What browsers call the packages that the page imports, and where these are. */
const PACKAGES: Readonly<Record<string, string>> = {
  preact: 'preact/dist/preact.mjs',
  'preact/hooks': 'preact/hooks/dist/hooks.mjs',
  'preact/jsx-runtime': 'preact/jsx-runtime/dist/jsxRuntime.mjs',
  uplot: 'uplot/dist/uPlot.esm.js',
};

const PLOT_STYLE = 'uplot/dist/uPlot.min.css';

/** Where the build puts what browsers run. */
const OWN = 'libs/page/src';

/** Of all our words the page needs how numbers are written. */
const WORDS = 'libs/core/src/for-people.js';

const TYPES: Readonly<Record<string, string>> = {
  js: 'text/javascript; charset=utf-8',
  mjs: 'text/javascript; charset=utf-8',
  css: 'text/css; charset=utf-8',
};

/** Where browsers find what a name in an import stands for. */
const importMap = JSON.stringify({
  imports: {
    ...Object.fromEntries(Object.entries(PACKAGES).map(([name, file]) => [name, `./assets/${file}`])),
    '#libs/core': `./assets/${WORDS}`,
  },
});

/** The page, before it has loaded anything: it brings nothing from elsewhere, and runs nothing but its own. */
export const SHELL = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>Holdfast</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="./assets/${PLOT_STYLE}">
<link rel="stylesheet" href="./assets/libs/page/src/view/page.css">
<script type="importmap">${importMap}</script>
<script type="module" src="./assets/libs/page/src/view/main.js"></script>
</head>
<body><div id="page"><main><h1>Holdfast</h1><p>Loading … Without JavaScript, see <a href="./status">/status</a>.</p></main></div></body>
</html>
`;

const hash = createHash('sha256').update(importMap).digest('base64');

export const SHELL_POLICY = `default-src 'none'; script-src 'self' 'sha256-${hash}'; style-src 'self'; img-src data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`;

/** The files of the page, by the path under which it asks for them; read once. No path of a stranger is looked for on the disk. */
export class Assets {
  private readonly files: ReadonlyMap<string, string>;
  private readonly read = new Map<string, Asset>();

  constructor(root = rootOf()) {
    const dist = join(root, 'dist');
    const own = filesIn(dist, OWN).filter((path) => /\.(?:js|css)$/.test(path));
    this.files = new Map([
      ...[...own, WORDS].map((path) => [path, join(dist, path)] as const),
      ...[...Object.values(PACKAGES), PLOT_STYLE].map((path) => [path, join(root, 'node_modules', path)] as const),
    ]);
  }

  /** Undefined where the page has no such file. */
  find(path: string): Asset | undefined {
    const file = this.files.get(path);
    if (file === undefined) return undefined;
    const known = this.read.get(path) ?? load(file);
    this.read.set(path, known);
    return known;
  }
}

function load(file: string): Asset {
  const body = readFileSync(file);
  const tag = `"${createHash('sha256').update(body).digest('base64url').slice(0, 22)}"`;
  return { type: TYPES[file.split('.').at(-1) ?? ''] ?? 'application/octet-stream', body, tag };
}

/** Before the first build there are none. */
function filesIn(root: string, folder: string): string[] {
  if (!existsSync(join(root, folder))) return [];
  return readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' }).map((file) => `${folder}/${file}`);
}
