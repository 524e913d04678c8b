import { randomUUID } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { findChromium } from '../chromium.js';
import { buildQtProgram, hasQt } from './qt/build.js';
import type { ClientUrls } from './lines.js';

/** A program that somebody else wrote for Binance, or wrote with what others did. */
export interface Program {
  name: string;
  /** The program and its arguments; with an environment variable or two. */
  command(urls: ClientUrls): Promise<readonly string[]>;
  /** Clears away what was made for it, when it has ended. */
  clear?(): Promise<void>;
  /** Streams that it takes. */
  streams: readonly string[];
  /** What it asks of REST, or of the connection, and must be answered. */
  answers: readonly string[];
  /** Symbols of which it has a book. */
  books: readonly string[];
}

const FETCHED = ['ping', 'exchangeInfo', 'klines'];

const node = (driver: string) => (urls: ClientUrls) =>
  Promise.resolve([
    process.execPath,
    '--no-warnings',
    fileURLToPath(new URL('driver.ts', import.meta.url)),
    driver,
    JSON.stringify(urls),
  ]);

const streamsOf = (symbol: string, kinds: string): string[] => kinds.split(' ').map((kind) => `${symbol}@${kind}`);

/** Packages from npm, as they are. */
export const PACKAGES: readonly Program[] = [
  {
    name: '@binance/spot',
    command: node('binance-spot'),
    streams: [
      ...streamsOf('btcusdt', 'trade aggTrade bookTicker miniTicker kline_1s depth@100ms'),
      ...streamsOf('ethusdt', 'trade aggTrade bookTicker'),
      '!miniTicker@arr',
    ],
    answers: FETCHED,
    books: ['BTCUSDT'],
  },
  {
    name: 'binance-api-node',
    command: node('binance-api-node'),
    streams: [
      ...streamsOf('btcusdt', 'trade aggTrade kline_1s bookTicker depth@100ms'),
      ...streamsOf('ethusdt', 'trade ticker depth5@100ms'),
      '!miniTicker@arr',
    ],
    answers: [...FETCHED, 'time'],
    books: ['BTCUSDT'],
  },
  {
    name: 'binance',
    command: node('binance'),
    streams: [
      ...streamsOf('btcusdt', 'trade aggTrade kline_1s bookTicker depth@100ms depth5 ticker avgPrice'),
      'ethusdt@trade',
      '!miniTicker@arr',
    ],
    answers: FETCHED,
    books: ['BTCUSDT'],
  },
  {
    name: 'node-binance-api',
    command: node('node-binance-api'),
    streams: [...streamsOf('btcusdt', 'trade aggTrade kline_1m bookTicker'), 'ethusdt@trade', '!miniTicker@arr'],
    answers: [...FETCHED, 'time', 'chart'],
    books: ['BTCUSDT', 'ETHUSDT', 'BNBUSDT'],
  },
];

/** The same, with a browser and a Qt program where this machine has what they need; says so in the output where it has not. */
export const programs = (): Program[] => [...PACKAGES, ...inBrowser(), ...ofTheStory()];

function inBrowser(): Program[] {
  const browser = findChromium();
  if (browser === undefined) return [];
  const command = async (urls: ClientUrls): Promise<string[]> => [
    'env',
    `CHROMIUM=${browser}`,
    ...(await node('chromium')(urls)),
  ];
  const streams = [
    ...streamsOf('btcusdt', 'trade aggTrade bookTicker depth@100ms'),
    ...streamsOf('ethusdt', 'trade kline_1s'),
    '币安人生usdt@miniTicker',
    '!miniTicker@arr',
  ];
  return [
    { name: 'a page in Chromium', command, streams, answers: ['SUBSCRIBE on /ws', 'SUBSCRIBE on /ws/x'], books: [] },
  ];
}

function ofTheStory(): Program[] {
  if (!hasQt()) {
    process.stderr.write(
      'No Qt WebSockets with a compiler here (Debian: apt-get install libqt5websockets5-dev g++ pkg-config): what needs it is left out.\n',
    );
    return [];
  }
  const streams = streamsOf('btcusdt', 'trade bookTicker depth@100ms kline_1s');
  const folder = join(tmpdir(), `holdfast-qt-${randomUUID()}`);
  const command = async (urls: ClientUrls): Promise<string[]> => [
    await buildQtProgram(folder),
    `${urls.streams}/stream?streams=${streams.join('/')}`,
  ];
  const clear = (): Promise<void> => rm(folder, { recursive: true, force: true });
  return [{ name: 'the Qt program of the story', command, clear, streams, answers: [], books: [] }];
}
