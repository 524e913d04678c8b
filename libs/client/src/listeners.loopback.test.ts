import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { FakeGateway } from '../../../test/support/fake-gateway.js';
import { until } from '../../../test/support/until.js';
import { connected } from './connected.rig.js';
import type { ClientOptions, HoldfastClient, StreamListener } from './index.js';

const TRADE = 'btcusdt@trade';
const TOP = 'btcusdt@bookTicker';
const DEPTH = 'btcusdt@depth';

describe('those who listen', () => {
  let gateway: FakeGateway;
  let client: HoldfastClient;
  const errors: string[] = [];

  beforeEach(async () => {
    gateway = new FakeGateway();
    await gateway.listening();
    errors.length = 0;
  });

  afterEach(async () => {
    await client.stop();
    await gateway.close();
  });

  const connect = (options: Partial<ClientOptions> = {}): void => {
    client = connected(gateway, errors, options);
  };

  const fails = (): never => {
    throw new Error('mine');
  };

  it('are all told, whatever one of them throws or rejects with, and that is reported once each', async () => {
    connect();
    const seen: number[] = [];
    client.subscribe(TRADE, { started: fails, event: fails, feed: () => Promise.reject(new Error('later')) as never });
    client.subscribe(TRADE, { started: () => seen.push(0), event: ({ id }) => seen.push(id) });
    await until(() => seen.length === 1);
    gateway.say({
      type: 'feed',
      stream: TRADE,
      epoch: 1,
      seq: 7,
      state: 'live',
      since: 0,
      cause: 'resumed',
      by: 'upstream',
    });
    gateway.trade(8);
    gateway.trade(9);
    await until(() => seen.length === 3);
    expect(seen).toEqual([0, 8, 9]);
    expect(errors.toSorted()).toEqual(['event: mine', 'event: mine', 'feed: later', 'started: mine']);
  });

  it('are served although the callback for the connection throws at every change, also after a loss', async () => {
    connect({ connection: fails });
    const starts: boolean[] = [];
    client.subscribe(TRADE, { started: ({ hasMissed }) => starts.push(hasMissed) });
    await until(() => starts.length === 1);
    gateway.socket.terminate();
    await until(() => starts.length === 2);
    expect(errors).toEqual(Array.from({ length: 5 }, () => 'connection: mine'));
  });

  it('are served although the callback for errors throws too', async () => {
    const written = vi.spyOn(console, 'error').mockReturnValue();
    connect({ error: fails });
    const seen: number[] = [];
    client.subscribe(TRADE, { event: fails });
    client.subscribe(TRADE, { event: ({ id }) => seen.push(id) });
    await until(() => gateway.commands.length === 1);
    gateway.trade(8);
    await until(() => seen.length === 1);
    expect(written.mock.calls.map(([where]) => String(where))).toEqual([
      'Holdfast client, event:',
      'Holdfast client, error:',
    ]);
    written.mockRestore();
  });

  it('may come, go and stop the client while they are told', async () => {
    connect();
    const seen: string[] = [];
    const later: StreamListener<typeof TRADE> = { started: ({ place }) => seen.push(`later from ${place?.seq}`) };
    const leave = client.subscribe(TRADE, {
      event: ({ id }) => {
        seen.push(`first ${id}`);
        leave();
        client.subscribe(TRADE, later);
      },
    });
    client.subscribe(TRADE, {
      event: ({ id }) => {
        seen.push(`second ${id}`);
        if (id === 9) void client.stop();
      },
    });
    client.subscribe(TRADE, { event: ({ id }) => seen.push(`third ${id}`) });
    await until(() => gateway.commands.length === 1);
    gateway.trade(8);
    gateway.trade(9);
    await until(() => seen.includes('second 9'));
    expect(seen).toEqual(['first 8', 'second 8', 'third 8', 'later from 8', 'second 9']);
  });

  it('hear how things stand when they come to a stream that is served already', async () => {
    connect();
    const early: number[] = [];
    client.subscribe(TOP, { event: ({ updateId }) => early.push(updateId) });
    await until(() => gateway.commands.length === 1);
    const top = { type: 'bookTicker', stream: TOP, epoch: 1, symbol: 'BTCUSDT' };
    const feed = { type: 'feed', stream: TOP, epoch: 1, since: 5, by: 'upstream' };
    gateway.say({ ...feed, seq: 7, state: 'recovering', cause: 'connection-lost' });
    gateway.say({ ...top, seq: 8, updateId: 80 });
    gateway.say({ ...feed, seq: 9, state: 'gap', cause: 'ids-missing', missing: { from: 1, to: 2 } });
    gateway.say({ ...top, seq: 10, updateId: 100 });
    await until(() => early.length === 2);
    const late: unknown[] = [];
    client.subscribe(TOP, {
      started: (start) => late.push(start),
      feed: ({ state, seq, missing }) => late.push({ state, seq, missing }),
      event: ({ updateId, seq }) => late.push({ updateId, seq }),
    });
    gateway.say({ ...top, seq: 11, updateId: 110 });
    await until(() => late.length === 4);
    expect(late).toEqual([
      { place: { epoch: 1, seq: 10 }, hasMissed: false },
      { state: 'live', seq: 10, missing: undefined },
      { updateId: 100, seq: 10 },
      { updateId: 110, seq: 11 },
    ]);
    expect(early).toEqual([80, 100, 110]);
    expect(gateway.commands).toHaveLength(1);
  });

  it('hear after a reconnect what is repeated only if they came meanwhile', async () => {
    connect();
    const early: number[] = [];
    client.subscribe(TOP, { event: ({ updateId }) => early.push(updateId) });
    await until(() => gateway.commands.length === 1);
    const top = { type: 'bookTicker', stream: TOP, epoch: 1, symbol: 'BTCUSDT' };
    gateway.say({ ...top, seq: 7, updateId: 70 });
    await until(() => early.length === 1);
    gateway.socket.terminate();
    const late: number[] = [];
    await until(() => gateway.sockets.length === 2);
    client.subscribe(TOP, { event: ({ updateId }) => late.push(updateId) });
    await until(() => gateway.commands.length === 2);
    gateway.say({ ...top, seq: 7, updateId: 70 });
    gateway.say({ ...top, seq: 8, updateId: 80 });
    await until(() => late.length === 2);
    expect([early, late]).toEqual([
      [70, 80],
      [70, 80],
    ]);
  });

  it('hear that a stream is well again where the next gateway never saw it otherwise', async () => {
    connect();
    const states: string[] = [];
    client.subscribe(TOP, { feed: ({ state }) => states.push(state) });
    await until(() => gateway.commands.length === 1);
    const feed = { type: 'feed', stream: TOP, epoch: 1, seq: 7, since: 5 };
    const live = { ...feed, state: 'live', cause: 'first-event', by: 'upstream' };
    gateway.say(live);
    gateway.say({ ...feed, state: 'stale', cause: 'bus-lost', by: 'edge' });
    await until(() => states.length === 2);
    gateway.socket.terminate();
    await until(() => gateway.commands.length === 2);
    gateway.say(live);
    await until(() => states.length === 3);
    gateway.socket.terminate();
    await until(() => gateway.commands.length === 3);
    gateway.say(live);
    gateway.say({ ...feed, seq: 8, state: 'recovering', cause: 'connection-lost', by: 'upstream' });
    await until(() => states.includes('recovering'));
    expect(states).toEqual(['live', 'stale', 'live', 'recovering']);
  });

  it('get the book as diffs have left it when they come late to a stream of diffs, and none behind a gap', async () => {
    connect();
    const early: string[] = [];
    client.subscribe(DEPTH, { book: ({ seq }) => early.push(`book ${seq}`), event: ({ seq }) => early.push(`${seq}`) });
    await until(() => gateway.commands.length === 1);
    const head = { stream: DEPTH, epoch: 1, symbol: 'BTCUSDT', receivedAt: 5 };
    const level = (price: string, quantity = '1'): [string, string] => [price, quantity];
    const diff = { type: 'depth', ...head, asks: [], eventAt: 5 };
    gateway.say({
      type: 'book',
      ...head,
      seq: 7,
      lastUpdateId: 10,
      bids: [level('9'), level('8')],
      asks: [level('10')],
    });
    gateway.say({ ...diff, seq: 8, firstUpdateId: 11, lastUpdateId: 12, bids: [level('9', '0'), level('7', '3')] });
    await until(() => early.length === 2);
    const late: unknown[] = [];
    const listener: StreamListener<typeof DEPTH> = {
      book: ({ seq, lastUpdateId, bids, asks }) => late.push({ seq, lastUpdateId, bids, asks }),
      event: ({ firstUpdateId }) => late.push(firstUpdateId),
    };
    client.subscribe(DEPTH, listener);
    gateway.say({ ...diff, seq: 9, firstUpdateId: 13, lastUpdateId: 13, bids: [] });
    await until(() => late.length === 2);
    expect(late.splice(0)).toEqual([
      { seq: 8, lastUpdateId: 12, bids: [level('8'), level('7', '3')], asks: [level('10')] },
      13,
    ]);
    gateway.say({
      type: 'feed',
      stream: DEPTH,
      epoch: 1,
      seq: 9,
      state: 'gap',
      since: 5,
      cause: 'bus-lost',
      by: 'edge',
    });
    gateway.say({ ...diff, seq: 12, firstUpdateId: 17, lastUpdateId: 17, bids: [] });
    await until(() => late.length === 1);
    client.subscribe(DEPTH, listener);
    gateway.say({ ...diff, seq: 13, firstUpdateId: 18, lastUpdateId: 18, bids: [] });
    await until(() => late.length === 3);
    expect(late).toEqual([17, 18, 18]);
    expect(early).toEqual(['book 7', '8', '9', '12', '13']);
  });

  it('get the next book with the others where nobody took books before they came', async () => {
    connect();
    const early: number[] = [];
    client.subscribe(DEPTH, { event: ({ seq }) => early.push(seq) });
    await until(() => gateway.commands.length === 1);
    const head = { stream: DEPTH, epoch: 1, symbol: 'BTCUSDT', receivedAt: 5, bids: [], asks: [] };
    gateway.say({ type: 'book', ...head, seq: 7, lastUpdateId: 10 });
    gateway.say({ type: 'depth', ...head, seq: 8, firstUpdateId: 11, lastUpdateId: 11, eventAt: 5 });
    await until(() => early.length === 1);
    const books: number[] = [];
    client.subscribe(DEPTH, { book: ({ lastUpdateId }) => books.push(lastUpdateId) });
    gateway.say({ type: 'book', ...head, seq: 9, lastUpdateId: 11 });
    await until(() => books.length === 1);
    expect(books).toEqual([11]);
  });

  it('keep a stream that was dropped and wanted again in one turn', async () => {
    connect();
    const seen: string[] = [];
    const listener: StreamListener<typeof TRADE> = {
      started: () => seen.push('started'),
      event: ({ id }) => seen.push(`${id}`),
    };
    const leave = client.subscribe(TRADE, listener);
    await until(() => seen.length === 1);
    leave();
    client.subscribe(TRADE, listener);
    await until(() => seen.length === 2);
    gateway.trade(8);
    await until(() => seen.length === 3);
    expect(gateway.commands.map(({ event }) => event)).toEqual(['subscribe']);
  });
});
