import { describe, expect, it } from 'vitest';
import type { Trade } from '#libs/core';
import type { StreamListener } from '../streams/listeners.js';
import { EventReader, type ReadOptions } from './event-reader.js';

const trade = (id: number): Trade => ({
  type: 'trade',
  stream: 'btcusdt@trade',
  epoch: 1,
  seq: id,
  symbol: 'BTCUSDT',
  id,
  price: '1.00',
  quantity: '1',
  taker: 'buy',
  tradedAt: 1,
  receivedAt: 1,
});

/** A reader and the hand that tells it. */
function read(options?: ReadOptions) {
  let listener: StreamListener = {};
  let left = 0;
  const reader = new EventReader<Trade>((one) => {
    listener = one;
    return () => (left += 1);
  }, options);
  const say = (...ids: number[]): void => {
    for (const id of ids) listener.event?.(trade(id));
  };
  return { reader, say, listener: () => listener, left: () => left };
}

const idOf = ({ value }: IteratorResult<Trade, undefined>): number | undefined => value?.id;

describe('the reader of a stream', () => {
  it('hands out what came before it was asked, and what comes after, in order', async () => {
    const { reader, say } = read();
    say(1, 2);
    const ids = [idOf(await reader.next()), idOf(await reader.next())];
    const asked = [reader.next(), reader.next()];
    say(3, 4, 5);
    for (const next of asked) ids.push(idOf(await next));
    expect([...ids, idOf(await reader.next())]).toEqual([1, 2, 3, 4, 5]);
  });

  it('leaves the stream when its loop is left, once, and whatever was asked for is done', async () => {
    const { reader, say, left } = read();
    say(1, 2, 3);
    const ids: number[] = [];
    for await (const { id } of reader) {
      ids.push(id);
      if (id === 2) break;
    }
    const asked = reader.next();
    say(4);
    await reader.return();
    expect([ids, await asked, left()]).toEqual([[1, 2], { done: true, value: undefined }, 1]);
  });

  it('ends those who wait for an event when it is left meanwhile', async () => {
    const { reader } = read();
    const asked = [reader.next(), reader.next()];
    await reader.return();
    expect((await Promise.all(asked)).map(({ done }) => done)).toEqual([true, true]);
  });

  it('fails where it is read too slowly, behind what waited, and leaves the stream', async () => {
    const { reader, say, left } = read({ most: 3 });
    say(1, 2, 3, 4, 5);
    expect(left()).toBe(1);
    const ids: number[] = [];
    const loop = (async () => {
      for await (const { id } of reader) ids.push(id);
    })();
    await expect(loop).rejects.toThrow('btcusdt@trade was read too slowly: 3 events waited');
    expect(ids).toEqual([1, 2, 3]);
    expect(await reader.next()).toEqual({ done: true, value: undefined });
  });

  it('lets the oldest go where that is wanted, and counts them', async () => {
    const { reader, say, left } = read({ most: 3, whenFull: 'drop-oldest' });
    say(1, 2, 3, 4, 5);
    expect([idOf(await reader.next()), reader.dropped, left()]).toEqual([3, 2, 0]);
  });

  it('fails with the words of a refusal, not with one that passes', async () => {
    const { reader, listener } = read();
    const asked = reader.next();
    const refusal = Object.assign(new Error('no such stream'), { code: 'bad-stream' as const, name: 'HoldfastError' });
    listener().refused?.(refusal, true);
    listener().refused?.(refusal, false);
    await expect(asked).rejects.toBe(refusal);
    expect((await reader.next()).done).toBe(true);
  });

  it('ends at once when the client is closed, and with an error behind what came when the gateway ends it', async () => {
    const closed = read();
    closed.say(1);
    closed.listener().ended?.();
    expect((await closed.reader.next()).done).toBe(true);
    const ended = read();
    ended.say(1);
    ended.listener().ended?.(new Error('for good'));
    expect(idOf(await ended.reader.next())).toBe(1);
    await expect(ended.reader.next()).rejects.toThrow('for good');
  });

  it('listens to states and books only where everything is wanted', () => {
    expect(Object.keys(read().listener()).sort()).toEqual(['ended', 'event', 'refused']);
    const all = ['book', 'ended', 'event', 'feed', 'refused', 'unknown'];
    expect(Object.keys(read({ everything: true }).listener()).sort()).toEqual(all);
  });

  it.each([0, -1, 1.5, Number.NaN, Infinity])('refuses %d events that may wait', (most) => {
    expect(() => read({ most })).toThrow('most: expected a whole number above 0');
  });
});
