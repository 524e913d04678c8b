import { describe, expect, it } from 'vitest';
import { attempt, failed } from '../hour/hour.rig.js';
import { attemptRows, lanesOf } from './attempt-rows.js';
import { clientRows, clientsShown, goneRows } from './client-rows.js';
import { connectionRows } from './connection-rows.js';
import { metersOf } from './meters.js';
import { streamRows } from './stream-rows.js';

const T = 1_790_000_000_000;

describe('attempts to connect', () => {
  const { closedAt: _closedAt, ...open } = attempt(4, T + 70_000, { firstDataAt: T + 10_800 });
  const journal = [attempt(1, T), failed(2, T + 1_000), failed(3, T + 2_000), open];

  it('come the newest first, each with when data came again on that connection', () => {
    const rows = attemptRows(journal);
    expect(rows.map(({ attempt: number, tone, code, backAfterMs }) => [number, tone, code, backAfterMs])).toEqual([
      [4, 'good', '1000', null],
      [3, 'bad', 'HTTP 503', 8_800],
      [2, 'bad', 'HTTP 503', 9_800],
      [1, 'bad', '1000', 10_800],
    ]);
  });

  it('are stretches in the lane of their connection; what ended before the hour has none', () => {
    const old = attempt(0, T - 4_000_000);
    const [lane, ...others] = lanesOf([old, ...journal], T + 20_000);
    expect(others).toEqual([]);
    expect(lane?.segments.map(({ to, says }) => [to, says])).toEqual([
      [T, 'Binance closed connection 1 (1000)'],
      [T + 1_000, 'Binance refused an attempt to connect (HTTP 503)'],
      [T + 2_000, 'Binance refused an attempt to connect (HTTP 503)'],
      [null, 'open'],
    ]);
  });

  it('that is waited for says when it begins', () => {
    const lines = [{ generation: 1, role: 'active', state: 'waiting', streams: 40, why: 'demand' }];
    const [row] = connectionRows(lines, journal.slice(0, 3), T + 2_100);
    expect(row).toMatchObject({ state: 'waiting', nextAttemptAt: T + 2_500, openSinceAt: null });
    const [open] = connectionRows([{ ...lines[0], state: 'live', openForMs: 1_000 }], journal, T + 20_000);
    expect(open).toMatchObject({ nextAttemptAt: null, openSinceAt: T + 19_000 });
  });
});

describe('streams', () => {
  const sections = {
    streams: [
      { stream: 'b@trade', state: 'live', cause: 'first-event', forMs: 5_000, lagMs: 4, filled: 3, announced: 1 },
      { stream: 'a@trade', state: 'recovering', cause: 'connection-lost', message: 'ended by binance' },
    ],
    served: [
      { stream: 'b@trade', state: 'live', clients: 7, lagMs: 4 },
      { stream: 'c@trade', state: 'stale', message: 'no upstream', clients: 1 },
    ],
  };

  it('come once each, those that are not well first, with what both roles know of them', () => {
    const rows = streamRows(sections, new Map([['b@trade', 12]]), T);
    expect(
      rows.map(({ key, state, rate, filled, announced, clients }) => [key, state, rate, filled, announced, clients]),
    ).toEqual([
      ['c@trade', 'stale', null, null, null, 1],
      ['a@trade', 'recovering', null, null, null, null],
      ['b@trade', 'live', 12, 3, 1, 7],
    ]);
    expect(rows[1]?.why).toBe('ended by binance');
  });
});

describe('clients', () => {
  it('come with how slow they are, and those that left with who ended it', () => {
    const here = {
      id: 1,
      address: '::1',
      holder: 'alice',
      agent: 'qt',
      wire: 'native',
      streams: 2,
      backlogBytes: 5,
      conflated: 6,
    };
    const section = { connections: 1, native: 1, binance: 0, backlogBytes: 5, clients: [here] };
    expect(clientsShown(section)).toEqual({ connected: 1, native: 1, binance: 0, backlogBytes: 5 });
    expect(clientRows(section)).toMatchObject([
      { key: '1', name: 'alice', agent: 'qt', backlogBytes: 5, conflated: 6 },
    ]);
    expect([clientsShown(undefined), clientRows(undefined)]).toEqual([null, []]);
    const gone = { address: '::1', agent: '', wire: 'native', connectedAt: 1, leftAt: 2, code: 1006, why: 'cut' };
    const rows = goneRows([
      { ...gone, id: 1, by: 'client' },
      { ...gone, id: 2, by: 'transport' },
      { ...gone, id: 3, by: 'us', why: 'read too slowly' },
    ]);
    expect(rows.map(({ key, by, tone }) => `${key} ${by} ${tone}`)).toEqual([
      '3 the gateway bad',
      '2 the network warn',
      '1 itself plain',
    ]);
  });
});

describe('limits', () => {
  it('say how much of each is used', () => {
    const sections = {
      limits: { attempts: 300, attemptsPerMs: 300_000, messages: 5, streamsPerConnection: 1_024 },
      lines: [{ generation: 3, messagesInWindow: 2, streams: 512 }],
      rest: [{ host: 'https://api.binance.com', weightUsed: 600, weightLimit: 6_000, heldForMs: 2_000 }],
      process: { clientsAtMost: 10_000 },
      clients: { connections: 25, backlogBytes: 1_500_000, backlogBytesAtMost: 64_000_000 },
    };
    expect(metersOf(sections, 290).map(({ key, used, most }) => [key, used, most])).toEqual([
      ['Attempts to connect', 10, 300],
      ['Messages, connection 3', 2, 5],
      ['Streams, connection 3', 512, 1_024],
      ['REST weight, api.binance.com', 600, 6_000],
      ['Clients', 25, 10_000],
      ['Bytes that wait for clients', 1_500_000, 64_000_000],
    ]);
    expect(metersOf(sections, 290)[3]?.says).toContain('Binance has ordered to wait, for another 2.0 s');
    expect(metersOf({}, null)).toEqual([]);
  });
});
