import { beforeEach, describe, expect, it } from 'vitest';
import { MemoryBus } from '#libs/bus';
import type { ClientLimits, Place } from '#libs/core';
import { Metrics } from '#libs/runtime';
import { FakeClock } from '../../../../test/support/fake-clock.js';
import { HandUpstream } from '../../../../test/support/hand-upstream.js';
import type { Session } from '../door/session.js';
import { NotedSocket, sessionOn } from '../door/session.rig.js';
import { Subscriptions } from '../door/subscriptions.js';
import type { MarketStreams } from '../streams/market-streams.js';
import { EdgeMetrics } from '../metrics/edge-metrics.js';
import { Resumes } from '../resume/resumes.js';
import { Stragglers } from '../resume/stragglers.js';
import { newShelf, newStreams } from '../streams/market-streams.rig.js';
import { Room } from '../streams/room.js';
import { Introductions } from './introductions.js';
import { NativeGateway } from './native.gateway.js';
import { PatternDesk } from './pattern-desk.js';
import type { SubscribeData } from './stream-commands.js';

const TRADE = 'btcusdt@trade';
const TOP = 'btcusdt@bookTicker';
const LIMITS: ClientLimits = {
  commandsPerSecond: 5,
  streams: 10,
  messageBytes: 1_000,
  namesPerCommand: 10,
  lastEvents: 2,
};

describe('the commands of /v1', () => {
  let clock: FakeClock;
  let upstream: HandUpstream;
  let streams: MarketStreams;
  let introductions: Introductions;
  let gateway: NativeGateway;
  let socket: NotedSocket;
  let session: Session;
  let turn: (() => void)[];
  beforeEach(async () => {
    turn = [];
    clock = new FakeClock();
    const bus = new MemoryBus({ clock });
    streams = newStreams({ bus, clock, room: new Room(10), lingerMs: 60_000, shelf: newShelf() });
    streams.start();
    upstream = new HandUpstream(bus, { clock }).start();
    introductions = new Introductions(clock, 10_000);
    const subscriptions = new Subscriptions([streams], 10);
    const metrics = new EdgeMetrics(new Metrics());
    const stragglers = new Stragglers(5_000, metrics, (session) => introductions.isOwed(session));
    const endOfTurn = (act: () => void): void => void turn.push(act);
    const patterns = new PatternDesk({ markets: [streams], subscriptions, introductions, clock, endOfTurn });
    const resumes = new Resumes([streams], clock, metrics.counts);
    gateway = new NativeGateway(subscriptions, clock, LIMITS, introductions, resumes, stragglers, patterns);
    void gateway.subscribe(sessionOn('/v1', 9, new NotedSocket()), { streams: [TRADE] }, { handler: 'subscribe' });
    await Promise.resolve();
    await Promise.resolve();
    clock.advance(100);
    for (let id = 1; id <= 3; id += 1) upstream.publish(TRADE, { type: 'trade', symbol: 'BTCUSDT', id });
    socket = new NotedSocket();
    session = sessionOn('/v1', 1, socket);
  });
  /** The reply, and what the streams are told behind it: their types, and ids where they have one. */
  const subscribe = (data: SubscribeData): { reply: unknown; told: unknown[] } => {
    void gateway.subscribe(session, data, { handler: 'subscribe', id: 1 });
    const [reply, ...told] = socket.sent.splice(0).map((text) => JSON.parse(text) as Record<string, unknown>);
    return { reply, told: told.map(({ type, id }) => id ?? type) };
  };
  const place = (seq: number): Place => ({ epoch: 7, seq });

  it('begin with what a client may take', () => {
    gateway.handleConnection(session);
    expect(socket.sent).toEqual([JSON.stringify({ event: 'limits', data: LIMITS })]);
  });

  it('answer with the place of each stream, null where it is not known, and tell their states behind', () => {
    const data = { streams: { [TRADE]: place(3), [TOP]: null } };
    expect(subscribe({ streams: [TRADE, TOP] })).toEqual({
      reply: { event: 'subscribed', id: 1, data },
      told: ['feed'],
    });
  });

  it('give the last events of what is new, and none of what the client has', () => {
    expect(subscribe({ streams: [TRADE], last: 2 }).told).toEqual(['feed', 2, 3]);
    expect(subscribe({ streams: [TRADE], last: 2 }).told).toEqual(['feed']);
  });

  it('give none where none are asked for, or nothing was missed', () => {
    expect(subscribe({ streams: [TRADE], last: null as never }).told).toEqual(['feed']);
    gateway.unsubscribe(session, { streams: [TRADE] });
    expect(subscribe({ streams: [TRADE], since: { [TRADE]: place(3) }, last: 2 })).toEqual({
      reply: { event: 'subscribed', id: 1, data: { streams: { [TRADE]: place(3) }, resumed: { [TRADE]: true } } },
      told: ['feed'],
    });
  });

  it('give a client that comes back what it has missed, and then the state', () => {
    expect(subscribe({ streams: [TRADE], since: { [TRADE]: place(1) }, last: 2 })).toEqual({
      reply: { event: 'subscribed', id: 1, data: { streams: { [TRADE]: place(3) }, resumed: { [TRADE]: true } } },
      told: [2, 3, 'feed'],
    });
    expect(socket.topics).toHaveLength(1);
  });

  it('say why it is not given that, and begin afresh', () => {
    upstream.feed(TRADE, 'recovering', 'subscribing');
    expect(subscribe({ streams: [TRADE], since: { [TRADE]: place(2) }, last: 1 })).toMatchObject({
      reply: { data: { resumed: { [TRADE]: false }, reasons: { [TRADE]: 'new-run' } } },
      told: ['feed'],
    });
  });

  it.each([
    ['comes while it waits', 500, { [TRADE]: true }, undefined],
    ['does not', 2_000, { [TRADE]: false }, { [TRADE]: 'unknown-place' }],
  ])(
    'let a client that is ahead of this edge wait a moment, where what it had %s',
    async (_what, ms, resumed, reasons) => {
      const since = { [TRADE]: place(5) };
      const answered = gateway.subscribe(session, { streams: [TRADE], since }, { handler: 'subscribe' });
      for (let passed = 0; passed < ms; passed += 20) {
        clock.advance(20);
        for (let turn = 0; turn < 5; turn += 1) await Promise.resolve();
      }
      for (const id of [4, 5, 6]) upstream.publish(TRADE, { type: 'trade', symbol: 'BTCUSDT', id });
      clock.advance(20);
      await answered;
      const [reply, ...told] = socket.sent.map((text) => JSON.parse(text) as Record<string, unknown>);
      expect(reply).toEqual({
        event: 'subscribed',
        data: { streams: { [TRADE]: place(resumed[TRADE] ? 6 : 3) }, resumed, ...(reasons && { reasons }) },
      });
      expect(told.map(({ id, type }) => id ?? type)).toEqual(resumed[TRADE] ? [6, 'feed'] : ['feed']);
    },
  );

  it('let a client that comes back wait for what has to be asked for, and hear nothing before it', async () => {
    const answered = gateway.subscribe(
      session,
      { streams: [TRADE, TOP], since: { [TOP]: place(0) } },
      { handler: 'subscribe' },
    );
    upstream.publish(TRADE, { type: 'trade', symbol: 'BTCUSDT', id: 4 });
    expect([socket.sent, socket.topics]).toEqual([[], []]);
    await Promise.resolve();
    await Promise.resolve();
    clock.advance(100);
    await answered;
    const [reply] = socket.sent.map((text) => JSON.parse(text) as object);
    expect(reply).toMatchObject({
      data: { streams: { [TRADE]: place(4), [TOP]: place(0) }, resumed: { [TOP]: true } },
    });
    expect(socket.topics).toHaveLength(2);
  });

  it('wait for nobody longer than six seconds, and not for a client that has gone', async () => {
    upstream.stop();
    const asked = { streams: [TOP], since: { [TOP]: place(1) } };
    const answered = gateway.subscribe(session, asked, { handler: 'subscribe' });
    clock.advance(3_000);
    await answered;
    expect(JSON.parse(socket.sent[0] ?? '')).toMatchObject({
      data: { streams: { [TOP]: null }, reasons: { [TOP]: 'not-heard' } },
    });
    const late = gateway.subscribe(
      session,
      { streams: ['ethusdt@trade'], since: { 'ethusdt@trade': place(1) } },
      { handler: 'subscribe' },
    );
    session.closed();
    gateway.handleDisconnect(session);
    clock.advance(3_000);
    await late;
    expect(socket.sent).toHaveLength(1);
  });

  it.each([
    [{ streams: [TRADE], last: 3 }, 'last: expected a whole number of events, at most 2'],
    [{ streams: [TRADE], since: { [TOP]: place(1) } }, `since: "${TOP}" is not among streams`],
    [{ streams: [TRADE], since: { [TRADE]: 3 } }, `since: expected {"epoch":…,"seq":…} in whole numbers for ${TRADE}`],
  ])('refuse %j and change nothing', (data, message) => {
    expect(() => subscribe(data)).toThrow(expect.objectContaining({ code: 'bad-command', message }));
    expect([session.streams.size, socket.topics, socket.sent]).toEqual([0, [], []]);
  });

  it('list, take streams back, and tell the time', () => {
    subscribe({ streams: [TRADE, TOP] });
    expect(gateway.list(session)).toEqual({ event: 'list', data: { streams: [TRADE, TOP] } });
    const left = gateway.unsubscribe(session, { streams: [TOP, 'ethusdt@trade'] });
    expect(left).toEqual({ event: 'unsubscribed', data: { streams: [TOP] } });
    expect(gateway.list(session)).toEqual({ event: 'list', data: { streams: [TRADE] } });
    expect(gateway.ping()).toEqual({ event: 'pong', data: { at: clock.now() } });
  });

  it('leave nothing behind of a client that has gone', () => {
    subscribe({ streams: [TRADE, TOP], last: 2 });
    const { pending } = clock;
    gateway.handleDisconnect(session);
    // What it was being given is forgotten; the stream that nobody has any more lingers.
    expect([session.streams.size, streams.wanted.find(TOP)?.audience.size, clock.pending]).toEqual([0, 0, pending]);
    expect(streams.wanted.find(TRADE)?.audience.size).toBe(1);
  });
});
