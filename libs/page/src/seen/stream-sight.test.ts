import { describe, expect, it } from 'vitest';
import type { StreamState } from '#libs/client';
import type { Trade } from '#libs/core';
import { StreamSight } from './stream-sight.js';

const STREAM = 'btcusdt@trade';

const trade = (id: number, more: Partial<Trade> = {}): Trade => ({
  type: 'trade',
  stream: STREAM,
  epoch: 3,
  seq: id,
  symbol: 'BTCUSDT',
  id,
  price: '1.0',
  quantity: '1.0',
  taker: 'buy',
  tradedAt: id,
  receivedAt: id,
  ...more,
});

const state = (word: StreamState['state'], why: StreamState['why'], more: Partial<StreamState> = {}): StreamState => ({
  state: word,
  why,
  since: 0,
  by: 'upstream',
  ...more,
});

/** A stream that is live, with ids 1 to 3. */
function watched(): StreamSight {
  const sight = new StreamSight(STREAM);
  sight.state(state('recovering', 'connecting', { by: 'client' }), 0);
  sight.started(false, 0);
  sight.state(state('live', 'first-event'), 100);
  for (const id of [1, 2, 3]) sight.event(trade(id), 100 + id);
  return sight;
}

/** What happened, the oldest first. */
const story = (sight: StreamSight): string[] =>
  sight
    .show(0)
    .happenings.map(({ tone, what }) => `${tone}: ${what}`)
    .toReversed();

describe('a stream that is watched', () => {
  it('says where it stands: by the newest message, feed states included', () => {
    const sight = watched();
    expect(sight.show(200)).toMatchObject({
      events: 3,
      place: { epoch: 3, seq: 3 },
      ids: { from: 1, to: 3, missing: 0 },
    });
    const feed = { type: 'feed', stream: STREAM, epoch: 4, seq: 1, state: 'live', since: 0, cause: 'resumed' } as const;
    sight.feed({ ...feed, by: 'upstream' });
    expect(sight.show(200).place).toEqual({ epoch: 4, seq: 1 });
  });

  it('tells a drop that was filled: who lost what, what is fetched, and that it came in its place', () => {
    const sight = watched();
    sight.state(state('recovering', 'connection-lost', { message: 'ended by Binance: closed 1000' }), 1_000);
    sight.state(state('recovering', 'filling', { missing: { from: 4, to: 5 } }), 1_200);
    for (const id of [4, 5]) sight.event(trade(id, { backfilled: true }), 1_300);
    sight.state(state('live', 'filled'), 1_500);
    expect(story(sight)).toEqual([
      'good: Live: its first event has come',
      'warn: Recovering: the connection to Binance that carried it has ended; the gateway connects again – ended by Binance: closed 1000',
      'warn: Recovering: something was missing, and is being fetched (ids 4 to 5)',
      'good: Live again after 0.5 s: 2 missing events fetched, each in its place',
    ]);
    expect(sight.show(0)).toMatchObject({ filled: 2, gaps: { times: 0 }, ids: { came: 5, missing: 0 } });
  });

  it('tells a gap, which is no state: from where to where, by whom, why', () => {
    const sight = watched();
    sight.state(state('gap', 'ids-missing', { missing: { from: 4, to: 10 }, message: 'it could not be had' }), 1_000);
    sight.event(trade(11), 1_001);
    expect(story(sight).at(-1)).toBe('bad: Gap, told by the upstream: ids 4 to 10 will not come – it could not be had');
    expect(sight.show(0)).toMatchObject({ state: { state: 'live' }, gaps: { times: 1, ids: 7 }, ids: { missing: 7 } });
    sight.state(state('gap', 'bus-lost', { by: 'edge' }), 2_000);
    expect(story(sight).at(-1)).toMatch(/^bad: Gap, told by the edge: nobody knows how many ids will not come – /);
  });

  it('names the candles of a gap by when they open', () => {
    const sight = new StreamSight('btcusdt@kline_1m');
    sight.state(state('gap', 'ids-missing', { missing: { from: 0, to: 60_000 } }), 0);
    expect(story(sight).at(-1)).toContain('candles that open from 1970-01-01 00:00:00 to 1970-01-01 00:01:00 UTC');
    expect(sight.show(0).gaps).toEqual({ times: 1, ids: 0 });
  });

  it('draws candles with those of before, as REST has them', () => {
    const sight = new StreamSight('btcusdt@kline_1m');
    expect([sight.show(0).candles, watched().show(0).candles]).toEqual([[[], [], [], [], []], undefined]);
    sight.history([[60_000, '1', '3', '0.5', '2']]);
    expect(sight.show(0).candles).toEqual([[60], [1], [3], [0.5], [2]]);
  });

  it('tells that the page itself was away, and that nothing was missed', () => {
    const sight = watched();
    sight.state(state('stale', 'gateway-lost', { by: 'client' }), 1_000);
    sight.started(false, 3_000);
    sight.state(state('live', 'resumed'), 3_000);
    expect(story(sight).slice(-3)).toEqual([
      'bad: Stale: there is no connection to this gateway',
      'good: This page is connected again, and was given all that came meanwhile: nothing was missed',
      'good: Live again after 2.0 s: it is back',
    ]);
  });

  it('tells a refusal in the words of the gateway', () => {
    const sight = new StreamSight('btcusdt@trad');
    sight.state(state('refused', 'bad-stream', { by: 'client', message: 'the nearest name is btcusdt@trade' }), 0);
    expect(story(sight)).toEqual(['bad: Refused: there is no stream of that name – the nearest name is btcusdt@trade']);
  });

  it('holds no more after a day than after a minute', () => {
    const sight = watched();
    const shown = (): number => JSON.stringify(sight.show(0)).length;
    for (let id = 4; id < 1_000; id += 1) sight.event(trade(id), id);
    const before = shown();
    for (let id = 1_000; id < 20_000; id += 1) {
      sight.event(trade(id), id);
      if (id % 10 === 0) sight.state(state('gap', 'ids-missing', { missing: { from: id, to: id } }), id);
    }
    expect(sight.show(0).rows).toHaveLength(40);
    expect(shown()).toBeLessThan(before + 5_000);
  });
});
