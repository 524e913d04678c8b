import { clockOf, count, counted, duration, trimmed } from '#libs/core';
import { type Summary, sum } from '../audit/summary.js';
import { type ScreenSize, bold, clip, cyan, dim, flow, green, labelled, padded, red, yellow } from '#libs/terminal';

/** One incident as the screen and the lines tell it. */
export interface IncidentLine {
  atMs: number;
  what: string;
  /** What became of it; absent while it is not over. */
  end?: string;
}

/** How things are at one moment of a demo. */
export interface Scene {
  title: readonly string[];
  elapsedMs: number;
  /** How long the demo runs; absent when until Ctrl-C. */
  forMs?: number;
  prices: readonly { symbol: string; price: string; move: 'up' | 'down' | 'same' }[];
  feeds: { live: number; recovering: number; stale: number };
  /** On the connection to Binance. */
  upstream: readonly string[];
  clients: number;
  connected: number;
  perSecond: number;
  told: readonly IncidentLine[];
  summary: Summary;
}

/** Incidents that stay on the screen, where it has the rows for them. */
const MOST_TOLD_LINES = 10;
const FEWEST_TOLD_LINES = 3;

const ARROW = { up: green('▲'), down: red('▼'), same: dim('·') };

/** The screen of a demo, as lines that fit. */
export function viewOf(scene: Scene, { columns, rows }: ScreenSize): string[] {
  const { forMs, told, summary } = scene;
  const above = [...titleOf(scene, columns), '', ...factsOf(scene, columns), '', bold('Incidents')];
  const below = [
    '',
    bold('What clients saw'),
    ...flow(sightOf(summary), columns - 2).map((line) => `  ${line}`),
    ...(forMs === undefined ? [dim('  Ctrl-C ends it with a summary.')] : []),
  ];
  // The last row is the cursor's.
  const room = Math.max(FEWEST_TOLD_LINES, Math.min(MOST_TOLD_LINES, rows - 1 - above.length - below.length));
  const shown = told.slice(-room).map((line) => clip(toldLine(line), columns));
  const empty = Array.from({ length: room - shown.length }, () => '');
  return [...above, ...shown, ...empty, ...below];
}

function titleOf({ title, elapsedMs, forMs }: Scene, columns: number): string[] {
  const time = forMs === undefined ? clockOf(elapsedMs) : `${clockOf(elapsedMs)} of ${clockOf(forMs)}`;
  return flow([bold(cyan('HOLDFAST')), ...title, dim(time)], columns, '  ');
}

function factsOf(scene: Scene, columns: number): string[] {
  const { feeds, summary } = scene;
  const prices = scene.prices.map(
    ({ symbol, price, move }) => `${dim(padded(symbol, 12))} ${trimmed(price).padStart(9)} ${ARROW[move]}`,
  );
  const states = [green(`${feeds.live} live`), warn(feeds.recovering, 'recovering'), warn(feeds.stale, 'stale')];
  const clients = [connectedOf(scene), counted(summary.messages, 'message'), `${count(scene.perSecond)}/s`];
  return [
    ...labelled('market', prices, Math.min(columns, MARKET_COLUMNS)),
    ...labelled('streams', states, columns),
    ...labelled('binance', scene.upstream, columns),
    ...labelled('clients', clients, columns),
  ];
}

/** Three prices in a row, however wide the screen is. */
const MARKET_COLUMNS = 92;

/** `0:07  Binance closes with 1000            data back after 0.3 s`. */
export function toldLine({ atMs, what, end }: IncidentLine): string {
  return `  ${dim(clockOf(atMs))}  ${what.padEnd(52)} ${end === undefined ? yellow('…') : dim(end)}`;
}

/** What the clients saw so far. */
function sightOf({ disconnects, streams, wrong }: Summary): string[] {
  const bad = (value: number, what: string): string =>
    value === 0 ? green(`${what} 0`) : red(`${what} ${count(value)}`);
  return [
    bad(disconnects, 'disconnects'),
    bad(sum(streams, 'missing'), 'missing'),
    bad(sum(streams, 'doubled'), 'doubled'),
    bad(sum(streams, 'reordered'), 'reordered'),
    bad(wrong, 'not true'),
    `filled ${count(sum(streams, 'filled'))}`,
  ];
}

/** How the attempt to connect that is the newest stands, in words. */
export function upstreamOf(attempts: number, openForMs: number | undefined, last: string | undefined): string[] {
  const now = openForMs === undefined ? yellow('not connected') : green(`connected for ${duration(openForMs)}`);
  return [now, `attempt ${count(attempts)}`, ...(last === undefined ? [] : [dim(`before that: ${last}`)])];
}

const warn = (value: number, what: string): string => (value === 0 ? dim(`0 ${what}`) : yellow(`${value} ${what}`));

function connectedOf({ connected, clients }: Scene): string {
  const text = `${connected} of ${clients} connected`;
  return connected === clients ? green(text) : red(text);
}
