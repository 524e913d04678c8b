/** `npm run screenshots`: makes a picture of the pages in every scene, wide and narrow, light and dark. Names of scenes make only those. */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, statSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Browser, Page as Tab } from 'playwright-core';
import { rootOf } from '#libs/release';
import { SCHEMES, WIDTHS, type Width, executablePath, openBrowser, openTab } from './browser.js';
import { type PageScene, addressOf } from './scene.js';
import { SCENES } from './scenes.js';

const ROOT = rootOf(dirname(fileURLToPath(import.meta.url)));

/** Those that the documents show; the others are only to be looked at. */
const SHOWN = new Set([
  'several-desk-light',
  'binance-refuses-desk-dark',
  'client-slow-desk-light',
  'upstream-dies-desk-light',
  'ids-lost-phone-dark',
  'watch-desk-light',
  'watch-gap-desk-dark',
  'watch-lost-phone-light',
]);
const FOLDERS = { shown: join(ROOT, 'docs/page'), others: join(ROOT, 'dist/screenshots') };

/** A chart of two candles, and a list of three trades, say little. */
const WATCHED_FOR_MS = 25_000;

/** Pictures of the documents end here: what comes first on the page is what they are about. */
const SHOWN_HEIGHT = 1_100;

type Clip = NonNullable<NonNullable<Parameters<Tab['screenshot']>[0]>['clip']>;

const say = (text: string): void => void process.stdout.write(`${text}\n`);

const wanted = process.argv.slice(2);
const unknown = wanted.filter((name) => !SCENES.some((scene) => scene.name === name));
if (unknown.length > 0) {
  process.stderr.write(`No scene ${unknown.join(', ')}; there are: ${SCENES.map(({ name }) => name).join(', ')}\n`);
  process.exit(64);
}
if (!executablePath) process.exit(69);

for (const folder of Object.values(FOLDERS)) mkdirSync(folder, { recursive: true });
const browser = await openBrowser();
for (const scene of SCENES) if (wanted.length === 0 || wanted.includes(scene.name)) await shoot(scene, browser);
await browser.close();
process.exit(0);

async function shoot(scene: PageScene, browser: Browser): Promise<void> {
  say(`${scene.name}: ${scene.says}`);
  const stage = await scene.begin();
  const { tab } = await openTab(browser);
  await tab.goto(addressOf(scene, stage));
  const shows = (what: RegExp): Promise<void> => tab.getByText(what).first().waitFor();
  if (scene.before) await shows(scene.before);
  if (scene.at === 'streams') await tab.waitForTimeout(WATCHED_FOR_MS);
  await scene.strike(stage);
  await shows(scene.shows[0] ?? /$/);
  for (const width of ['desk', 'phone'] as const) {
    for (const scheme of SCHEMES) await picture(tab, scene.name, width, scheme);
  }
  await tab.context().close();
  await stage.stop();
}

async function picture(tab: Tab, name: string, width: Width, scheme: (typeof SCHEMES)[number]): Promise<void> {
  await tab.emulateMedia({ colorScheme: scheme });
  await tab.setViewportSize(WIDTHS[width]);
  // Plots are drawn anew for another width.
  await tab.waitForTimeout(400);
  const file = `${name}-${width}-${scheme}`;
  await save(tab, join(FOLDERS.others, `${file}.png`));
  if (!SHOWN.has(file)) return;
  await save(tab, join(FOLDERS.shown, `${file}.png`), { x: 0, y: 0, width: WIDTHS[width].width, height: SHOWN_HEIGHT });
}

async function save(tab: Tab, path: string, clip?: Clip): Promise<void> {
  await tab.screenshot({ path, fullPage: true, ...(clip && { clip }) });
  shrink(path);
  say(`  ${relative(ROOT, path)}  ${Math.round(statSync(path).size / 1_000)} kB`);
}

/** To a palette, where pngquant is there: a page has few colours. */
function shrink(path: string): void {
  if (spawnSync('pngquant', ['--version']).status !== 0)
    return say('  (apt-get install pngquant makes them a third as large)');
  execFileSync('pngquant', [
    '--force',
    '--skip-if-larger',
    '--quality',
    '60-95',
    '--strip',
    '--output',
    path,
    '64',
    path,
  ]);
}
