import { stripVTControlCharacters } from 'node:util';
import stringWidth from 'string-width';
import { expect, it } from 'vitest';
import { type Page, attemptRows } from '#libs/page';
import { quarantineLines, statusLines } from './status-lines.js';

const T = 1_790_134_675_605;
const URL = 'http://127.0.0.1:9464';

const attempt = (number: number, more: object) => ({
  attempt: number,
  generation: number,
  why: 'reconnect',
  to: 'host',
  streams: 30,
  frames: 1_190,
  bytes: 200_000,
  startedAt: T - 60_000,
  openedAt: T - 59_000,
  closedAt: T - 57_000,
  livedMs: 2_000,
  ...more,
});

/** An upstream and edge in one process that Binance has just dropped. */
const page: Page = {
  at: T,
  identity: {
    id: 'a',
    role: 'standalone',
    version: '1.2.3',
    commit: 'abc',
    host: 'box',
    node: 'v22',
    pid: 7,
    startedAt: T - 900_000,
    lead: null,
    leadSinceAt: null,
    epoch: 4,
  },
  verdict: {
    health: 'impaired',
    sinceAt: T - 4_000,
    reasons: [{ what: 'Streams', why: '3 of 42 streams do not flow as they should' }],
  },
  hour: { says: 'In the last hour: 3 drops, all by Binance, 0 ids lost, 412 filled.', forMs: 3_600_000 },
  happenings: Array.from({ length: 7 }, (_, at) => ({
    key: `${at}`,
    at: T - at * 1_000,
    tone: 'bad' as const,
    what: 'Binance closed connection 3 (1000)',
    more: ['0 ids lost, 12 filled', 'data again after 0.3 s'],
  })),
  connections: [
    {
      key: '3',
      generation: 3,
      role: 'active',
      state: 'waiting',
      streams: 30,
      why: 'demand',
      openSinceAt: null,
      dataAt: T - 4_000,
      rotation: null,
      rotationDueAt: null,
      nextAttemptAt: T + 2_500,
    },
  ],
  attempts: attemptRows([
    attempt(1, { closedBy: 'binance', cause: 'closed', code: 1000, then: 'next attempt in 0.05 s' }),
    attempt(2, { closedBy: 'transport', cause: 'dropped', code: 1006 }),
  ]),
  lanes: [],
  streams: ['live', 'live', 'recovering'].map((state, at) => ({
    key: `币安人生usdt@trade${at}`,
    state,
    cause: 'connection-lost',
    sinceAt: null,
    why: 'ended by Binance: closed 1000',
    rate: 3,
    lagMs: 2,
    filled: 0,
    announced: 0,
    clients: 1,
  })),
  clients: { connected: 50, native: 25, binance: 25, backlogBytes: 12_345 },
  clientRows: [],
  gone: [],
  bus: {
    kind: 'redis',
    state: 'down',
    sinceAt: T - 65_000,
    address: '127.0.0.1:6379',
    why: 'no echo for 1.5 s',
    waits: null,
    refused: [],
  },
  meters: [{ key: 'Attempts to connect', used: 270, most: 300, says: '' }],
  quarantine: [],
  drift: [],
  settings: [],
  processes: [],
  commands: [],
  asksToken: false,
};

const said = (width: number, more: Partial<Page> = {}): string =>
  stripVTControlCharacters(statusLines({ ...page, ...more }, URL, width).join('\n'));

it.each([80, 100, 140])('the page in short fits %i columns, and says the same', (width) => {
  const text = said(width);
  for (const line of text.split('\n')) expect(stringWidth(line)).toBeLessThanOrEqual(width);
  const words = text.replaceAll(/\s+/g, ' ');
  for (const what of [
    /^Clients stay connected, but not all is well, since \d\d:\d\d:\d\d, for 4 s\. Streams: 3 of 42 streams do not flow/,
    /In the last hour: 3 drops, all by Binance, 0 ids lost, 412 filled\./,
    /process standalone 1\.2\.3 box pid 7 up for 15 min 0 s/,
    /0 of 1 connection open next attempt in 2\.5 s/,
    /streams 2 live 1 recovering/,
    /50 connected 25 native, 25 on Binance’s wire 12\.3 kB wait to be read/,
    /redis down for 1 min 5 s 127\.0\.0\.1:6379 no echo for 1\.5 s/,
    /Attempts to connect: 90 %/,
    /Binance closed connection 3 \(1000\); 0 ids lost, 12 filled; data again after 0\.3 s/,
    /1 stream not live/,
    /the network 1006/,
    /All of it, live: http:\/\/127\.0\.0\.1:9464\/$/,
  ])
    expect(words).toMatch(what);
});

it('says what to do next where nobody has asked for anything, and nothing of Binance to who has an edge alone', () => {
  const clients = { connected: 0, native: 0, binance: 0, backlogBytes: 0 };
  const text = said(200, { streams: [], clients, identity: { ...page.identity, role: 'edge' } });
  expect(text).toContain('Nobody has asked for a stream yet: holdfast watch btcusdt@trade.');
  expect(text).not.toMatch(/^ {2}binance/m);
});

it('shows what was refused with its bytes', () => {
  expect(quarantineLines([])).toEqual(['No frame was refused.']);
  const row = { key: '', at: T, generation: 1, code: 'bad-json', message: 'no JSON', where: '', stream: 'a@trade' };
  expect(quarantineLines([{ ...row, size: 3, from: 0, hex: '7b', text: '{' }])).toEqual([
    expect.stringMatching(/Z {2}bad-json {2}no JSON {2}a@trade$/),
    '  text {',
    '  hex  7b',
  ]);
});
