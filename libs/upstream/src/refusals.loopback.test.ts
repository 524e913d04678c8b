import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { MemoryBus } from '#libs/bus';
import { decode, encodeDemand } from '#libs/core';
import { UpstreamSettings, systemClock } from '#libs/runtime';
import { Heard } from '../../../test/support/heard.js';
import { until } from '../../../test/support/until.js';
import { upstreamParts } from '../../../test/support/upstream-parts.js';
import { moon } from '../../../test/second-market/moon.js';
import { MoonExchange } from '../../../test/second-market/moon-exchange.js';
import { TIMINGS, Upstream, wsDial } from './index.js';

let exchange: MoonExchange;
let bus: MemoryBus;
let upstream: Upstream;
let heard: Map<string, Heard>;

beforeEach(async () => {
  exchange = await MoonExchange.start();
  bus = new MemoryBus();
  heard = new Map();
  const settings = Object.assign(new UpstreamSettings(), { wsUrl: exchange.wsUrl, retryFirstMs: 20, retryMostMs: 50 });
  upstream = new Upstream(settings, {
    ...upstreamParts(),
    market: moon,
    bus,
    dial: wsDial(systemClock, settings),
    timings: { ...TIMINGS, tickMs: 20, watchMs: 50, quietMs: 200, answerMs: 300 },
  });
  await upstream.start();
});

afterEach(async () => {
  await upstream.stop();
  await exchange.stop();
  expect(exchange.violations).toEqual([]);
});

/** Demands these streams and listens to them. */
function demand(...streams: string[]): void {
  for (const stream of streams) {
    if (heard.has(stream)) continue;
    const ears = new Heard(stream);
    heard.set(stream, ears);
    bus.messages.subscribe(moon.channels.stream(stream), (text) => {
      const event = decode(text);
      if (event.ok) ears.take(event.value);
    });
  }
  bus.messages.publish(moon.channels.demand, encodeDemand({ edge: 'test', streams }));
}

const on = (stream: string): Heard => heard.get(stream) ?? new Heard(stream);
const carriers = (stream: string) => [...exchange.connections].filter(({ streams }) => streams.has(stream));

/** Resolves when events of the symbol's trades come through. */
const flows = (symbol: string) =>
  until(() => {
    exchange.fill(symbol);
    return on(`${symbol}@trade`).state === 'live' && on(`${symbol}@trade`).events > 2;
  });

describe('a name that the exchange refuses', () => {
  it('costs its neighbours nothing, whether it stands in the URL or in a request', async () => {
    exchange.refuses.add('bad@trade');
    demand('a@trade', 'bad@trade', 'b@trade');
    await flows('a');
    await flows('b');
    await until(() => on('bad@trade').state === 'refused');
    expect(on('bad@trade').feeds.at(-1)).toMatchObject({
      cause: 'refused-by-binance',
      message: 'Binance: 2 Invalid request: invalid stream',
    });
  });

  it('and comes later is found among its neighbours, and stays out after a drop', async () => {
    demand('a@trade');
    await flows('a');
    exchange.refuses.add('bad@trade');
    demand('a@trade', 'bad@trade', 'b@trade');
    await flows('b');
    await until(() => on('bad@trade').state === 'refused');
    exchange.drop();
    await until(() => on('a@trade').state === 'recovering');
    await flows('a');
    await flows('b');
    expect(on('a@trade').faults).toEqual([]);
  });
});

describe('a name that is acknowledged and never listed', () => {
  it('is called refused after a few repairs, and the exchange is left alone', async () => {
    exchange.hides.add('lost@trade');
    demand('a@trade', 'lost@trade');
    await until(() => on('lost@trade').state === 'refused', { deadlineMs: 10_000 });
    const { requests } = exchange;
    await flows('a');
    const at = performance.now();
    await until(() => performance.now() - at > 1_000);
    expect(requests).toBeLessThan(12);
    expect(exchange.requests).toBeLessThanOrEqual(requests + 2);
  });
});

describe('a stream whose subscription is not answered', () => {
  it('is not called live, although the connection is and the stream may be quiet', async () => {
    demand('a@trade');
    await flows('a');
    exchange.refuses.add('a@trade');
    exchange.isDeaf = true;
    exchange.drop();
    await until(() => exchange.connections.size === 1 && exchange.requests > 3);
    const { length } = on('a@trade').feeds;
    const at = performance.now();
    await until(() => performance.now() - at > 700);
    expect(on('a@trade').state).not.toBe('live');
    expect(
      on('a@trade')
        .feeds.slice(length - 1)
        .map(({ state }) => state),
    ).not.toContain('live');
    expect(carriers('a@trade')).toEqual([]);
  });
});
