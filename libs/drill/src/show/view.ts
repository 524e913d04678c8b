import stringWidth from 'string-width';
import type { Summary } from '../audit/summary.js';
import { bold, cyan, dim, green, red, yellow } from './colour.js';
import { count, duration } from './table.js';

/** One incident as the screen and the lines tell it. */
export interface IncidentLine {
  atMs: number;
  what: string;
  /** What became of it; absent while it is not over. */
  end?: string;
}

/** How things are at one moment of a demo. */
export interface Scene {
  title: string;
  elapsedMs: number;
  /** How long the demo runs; absent when until Ctrl-C. */
  forMs?: number;
  prices: readonly { symbol: string; price: string; move: 'up' | 'down' | 'same' }[];
  feeds: { live: number; recovering: number; stale: number };
  /** One line on the connection to Binance. */
  upstream: string;
  clients: number;
  connected: number;
  perSecond: number;
  told: readonly IncidentLine[];
  summary: Summary;
}

/** Incidents that stay on the screen. */
const TOLD_LINES = 10;

const ARROW = { up: green('▲'), down: red('▼'), same: dim('·') };

/** The screen of a demo, as lines. */
export function viewOf(scene: Scene): string[] {
  const { elapsedMs, forMs, feeds, told, summary } = scene;
  const time = forMs === undefined ? clockOf(elapsedMs) : `${clockOf(elapsedMs)} of ${clockOf(forMs)}`;
  const prices = scene.prices.map(
    ({ symbol, price, move }) => `${dim(padded(symbol, 12))} ${plain(price).padStart(9)} ${ARROW[move]}`,
  );
  const shown = told.slice(-TOLD_LINES);
  return [
    `${bold(cyan('HOLDFAST'))}  ${scene.title}  ${dim(time)}`,
    '',
    ...inThrees(prices).map((row, index) => label(index === 0 ? 'market' : '', row.join('   '))),
    label(
      'streams',
      `${green(`${feeds.live} live`)}   ${warn(feeds.recovering, 'recovering')}   ${warn(feeds.stale, 'stale')}`,
    ),
    label('binance', scene.upstream),
    label('clients', `${connectedOf(scene)}   ${count(summary.messages)} messages   ${count(scene.perSecond)}/s`),
    '',
    bold('Incidents'),
    ...shown.map(toldLine),
    ...Array.from({ length: Math.max(0, TOLD_LINES - shown.length) }, () => ''),
    '',
    bold('What clients saw'),
    `  ${sightOf(summary)}`,
    ...(forMs === undefined ? [dim('  Ctrl-C ends it with a summary.')] : []),
  ];
}

/** `0:07  Binance closes with 1000            data back after 0.3 s`. */
export function toldLine({ atMs, what, end }: IncidentLine): string {
  return `  ${dim(clockOf(atMs))}  ${what.padEnd(52)} ${end === undefined ? yellow('…') : dim(end)}`;
}

/** 83,000 → `1:23`. */
export function clockOf(ms: number): string {
  const seconds = Math.floor(ms / 1000);
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;
}

/** What the clients saw so far, in one line. */
export function sightOf({ disconnects, streams }: Summary): string {
  const sum = (key: 'doubled' | 'reordered' | 'missing' | 'unannounced'): number =>
    streams.reduce((total, stream) => total + stream[key], 0);
  const gaps = streams.reduce((total, stream) => total + stream.gaps, 0);
  const missing = sum('missing');
  const bad = (value: number, what: string): string =>
    value === 0 ? green(`${what} 0`) : red(`${what} ${count(value)}`);
  return [
    bad(disconnects, 'disconnects'),
    bad(sum('doubled'), 'doubled'),
    bad(sum('reordered'), 'reordered'),
    bad(sum('unannounced'), 'missing unannounced'),
    `missing announced ${count(missing)} in ${count(gaps)} gaps`,
  ].join('   ');
}

/** How the attempt to connect that is the newest stands, in words. */
export function upstreamLine(attempts: number, openForMs: number | undefined, last: string | undefined): string {
  const now = openForMs === undefined ? yellow('not connected') : green(`connected for ${duration(openForMs)}`);
  const before = last === undefined ? '' : dim(`   before that: ${last}`);
  return `${now}   attempt ${count(attempts)}${before}`;
}

const label = (name: string, text: string): string => `  ${dim(name.padEnd(9))}${text}`;

const warn = (value: number, what: string): string => (value === 0 ? dim(`0 ${what}`) : yellow(`${value} ${what}`));

function connectedOf({ connected, clients }: Scene): string {
  const text = `${connected} of ${clients} connected`;
  return connected === clients ? green(text) : red(text);
}

const inThrees = <T>(items: readonly T[]): T[][] =>
  Array.from({ length: Math.ceil(items.length / 3) }, (_, row) => items.slice(row * 3, row * 3 + 3));

/** Padded by what it takes on the screen: 币安人生 takes eight cells. */
const padded = (text: string, width: number): string => text + ' '.repeat(Math.max(0, width - stringWidth(text)));

/** Without the zeros Binance pads prices with, but with two decimals at least. */
const plain = (price: string): string => price.replace(/(\.\d\d\d*?)0+$/, '$1');
