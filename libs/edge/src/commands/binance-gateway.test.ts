import { beforeEach, describe, expect, it } from 'vitest';
import { spot } from '#libs/binance';
import { shouldComeBack } from '#libs/core';
import { FakeClock } from '../../../../test/support/fake-clock.js';
import { ColdStarts } from '../door/cold-starts.js';
import type { Session } from '../door/session.js';
import { NotedSocket, sessionOn } from '../door/session.rig.js';
import { Subscriptions } from '../door/subscriptions.js';
import { newStreams } from '../streams/market-streams.rig.js';
import { Room } from '../streams/room.js';
import { BinanceGateway } from './binance.gateway.js';

const TRADE = 'btcusdt@trade';
const DEPTH = 'btcusdt@depth';
const ALIAS = 'btcusdt@depth@1000ms';

describe('the requests of Binance’s wire', () => {
  let gateway: BinanceGateway;
  let socket: NotedSocket;
  beforeEach(() => {
    const clock = new FakeClock();
    const streams = newStreams({ clock, room: new Room(10) });
    const coldStarts = new ColdStarts({ markets: [streams], clock, waitMs: 0, mostAtTheDoor: 10 });
    gateway = new BinanceGateway(new Subscriptions([streams], 2), coldStarts);
    socket = new NotedSocket();
  });
  const clientOn = (path: string): Session => sessionOn(path, 1, socket);

  it('begin with the streams of the URL', () => {
    gateway.handleConnection(clientOn(`/ws/${TRADE}`));
    expect([socket.topics, socket.ended]).toEqual([[`spot:raw:${TRADE}`], undefined]);
  });

  it('end at once where the edge has no room for what the URL names any more, with a code that lets it come back', () => {
    const clock = new FakeClock();
    const streams = newStreams({ clock, room: new Room(1) });
    const coldStarts = new ColdStarts({ markets: [streams], clock, waitMs: 0, mostAtTheDoor: 10 });
    const full = new BinanceGateway(new Subscriptions([streams], 2), coldStarts);
    full.handleConnection(clientOn(`/ws/${TRADE}/${DEPTH}`));
    expect(socket.ended).toEqual([4006, 'this edge serves at most 1 streams']);
    expect(shouldComeBack(4006)).toBe(true);
  });

  it('hide no bug', () => {
    const session = clientOn(`/ws/${TRADE}`);
    Object.assign(session.entry, { market: { ...spot, name: 'elsewhere' } });
    expect(() => gateway.handleConnection(session)).toThrow('No streams of the market');
  });

  it('subscribe, list by the names that the client used, unsubscribe, and give everything back', async () => {
    const session = clientOn('/ws');
    const method = 'SUBSCRIBE' as const;
    expect(await gateway.subscribe(session, { method, params: [TRADE, ALIAS], id: 1 })).toBeNull();
    expect(gateway.list(session)).toEqual([TRADE, ALIAS]);
    expect(gateway.unsubscribe(session, { method: 'UNSUBSCRIBE', params: [TRADE], id: 2 })).toBeNull();
    expect([gateway.list(session), socket.topics]).toEqual([[ALIAS], [`spot:raw-named:${DEPTH}`]]);
    gateway.handleDisconnect(session);
    expect([gateway.list(session), socket.topics]).toEqual([[], []]);
  });

  it('take what is no stream as well, count it, and let go of it', async () => {
    const session = clientOn('/ws/0');
    gateway.handleConnection(session);
    const request = { method: 'SUBSCRIBE' as const, id: 1 };
    expect(await gateway.subscribe(session, { ...request, params: [TRADE] })).toBeNull();
    expect([gateway.list(session), socket.topics]).toEqual([['0', TRADE], [`spot:raw:${TRADE}`]]);
    const tooMany = gateway.subscribe(session, { ...request, params: ['x@y'] });
    await expect(tooMany).rejects.toMatchObject({ code: 'too-many-streams' });
    gateway.unsubscribe(session, { method: 'UNSUBSCRIBE', params: ['0'], id: 2 });
    expect(await gateway.subscribe(session, { ...request, params: ['x@y'] })).toBeNull();
    expect(gateway.list(session)).toEqual([TRADE, 'x@y']);
  });

  it('set and get the form of frames', () => {
    const session = clientOn(`/ws/${TRADE}`);
    gateway.handleConnection(session);
    expect(gateway.getProperty(session)).toBe(false);
    expect(gateway.setProperty(session, { method: 'SET_PROPERTY', params: ['combined', true], id: 1 })).toBeNull();
    expect([gateway.getProperty(session), socket.topics]).toEqual([true, [`spot:combined:${TRADE}`]]);
  });
});
