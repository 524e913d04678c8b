import { beforeEach, describe, expect, it } from 'vitest';
import { spot } from '#libs/binance';
import { MemoryBus } from '#libs/bus';
import { type FeedEvent, decode, encodeDemand } from '#libs/core';
import { silentDial, type SocketEvents } from '#libs/link';
import { UpstreamSettings } from '#libs/runtime';
import { FakeClock } from '../../../test/support/fake-clock.js';
import { upstreamParts } from '../../../test/support/upstream-parts.js';
import { Upstream } from './index.js';

const FIRST = 'btcusdt@trade';
const SECOND = 'ethusdt@trade';

describe('a stream that Binance has acknowledged', () => {
  let clock: FakeClock;
  let bus: MemoryBus;
  let sockets: SocketEvents[];
  let said: FeedEvent[];
  beforeEach(async () => {
    clock = new FakeClock();
    bus = new MemoryBus({ clock });
    sockets = [];
    said = [];
    for (const name of [FIRST, SECOND]) {
      bus.messages.subscribe(spot.channels.stream(name), (text) => {
        const event = decode(text);
        if (event.ok && event.value.type === 'feed') said.push(event.value);
      });
    }
    const settings = Object.assign(new UpstreamSettings(), { wsUrl: 'ws://an.exchange' });
    const parts = { ...upstreamParts(), market: spot, bus, clock, dial: silentDial(sockets) };
    await new Upstream(settings, parts).start();
  });
  const want = async (...streams: string[]): Promise<void> => {
    bus.messages.publish(spot.channels.demand, encodeDemand({ edge: 'e', streams }));
    for (let turn = 0; turn < 10; turn += 1) await Promise.resolve();
  };
  const hear = (text: string): void => sockets.at(-1)?.message(Buffer.from(text), false);
  const trade = (stream: string): string =>
    `{"stream":"${stream}","data":{"e":"trade","E":1,"s":"${stream.slice(0, 7).toUpperCase()}","t":1,"p":"1","q":"1","T":1,"m":true,"M":true}}`;
  const states = (): string[] => said.splice(0).map(({ stream, state, cause }) => `${stream} ${state} ${cause}`);
  /** Opens the line, which named the first stream in its URL and asks for the list first of all. */
  const opened = async (): Promise<void> => {
    await want(FIRST);
    sockets.at(-1)?.opened({});
  };

  it('says so when it is on the list of a line whose URL named it', async () => {
    await opened();
    expect(states()).toEqual([`${FIRST} recovering subscribing`]);
    hear(`{"result":["${FIRST}"],"id":1}`);
    expect(states()).toEqual([`${FIRST} recovering acknowledged`]);
    hear(trade(FIRST));
    expect(states()).toEqual([`${FIRST} live first-event`]);
  });

  it('says so when the request for it was acknowledged, and others say nothing', async () => {
    await opened();
    hear(trade(FIRST));
    hear(`{"result":["${FIRST}"],"id":1}`);
    await want(FIRST, SECOND);
    clock.advance(1_000);
    states();
    hear('{"result":null,"id":2}');
    expect(states()).toEqual([`${SECOND} recovering acknowledged`]);
    clock.advance(1_000);
    hear(`{"result":["${FIRST}","${SECOND}"],"id":3}`);
    expect(states()).toEqual([]);
  });

  it('says nothing of that when something has come before the answer', async () => {
    await opened();
    hear(trade(FIRST));
    states();
    hear(`{"result":["${FIRST}"],"id":1}`);
    expect(states()).toEqual([]);
  });

  it('does not say it of a stream that was refused', async () => {
    await opened();
    hear(`{"result":["${FIRST}"],"id":1}`);
    await want(FIRST, SECOND);
    clock.advance(1_000);
    states();
    hear('{"error":{"code":2,"msg":"no"},"id":2}');
    expect(states()).toEqual([`${SECOND} refused refused-by-binance`]);
  });

  it('and one that is wanted while the line is down, is not: it says that there is none', async () => {
    await opened();
    hear(trade(FIRST));
    sockets.at(-1)?.closed({ code: 1006, reason: '' });
    states();
    await want(FIRST, SECOND);
    expect(states()).toEqual([`${SECOND} recovering subscribing`, `${SECOND} recovering connection-lost`]);
    clock.advance(10_000);
    for (let turn = 0; turn < 10; turn += 1) await Promise.resolve();
    sockets.at(-1)?.opened({});
    hear(trade(SECOND));
    expect(states()).toContain(`${SECOND} live first-event`);
  });
});
