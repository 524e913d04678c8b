import { expect, it } from 'vitest';
import { decodeFrame, normalizeFrame, parseStreamName } from '#libs/binance';
import { MemoryBus } from '#libs/bus';
import { type MarketEvent, decode, streamTopic } from '#libs/core';
import { FakeClock } from '../../../../test/support/fake-clock.js';
import { FeedDesk } from '../feed/feed-desk.js';
import { Publisher } from '../feed/publisher.js';
import { Continuity } from './continuity.js';

const STREAM = 'btcusdt@trade';

function trade(id: number): MarketEvent {
  const data = `{"e":"trade","E":1,"s":"BTCUSDT","t":${id},"p":"1","q":"1","T":1,"m":true,"M":true}`;
  const frame = decodeFrame(Buffer.from(`{"stream":"${STREAM}","data":${data}}`), false);
  if (!frame.ok || frame.value.kind !== 'market') throw new Error('not a trade');
  const [event] = normalizeFrame(frame.value, 0);
  if (!event) throw new Error('no event');
  return event;
}

it('what a line brings of a stream that is another line’s is passed over, and makes no gap', () => {
  const clock = new FakeClock();
  const bus = new MemoryBus({ clock });
  const publisher = new Publisher(bus);
  const continuity = new Continuity(clock, 1_000, publisher, new FeedDesk(clock, publisher));
  const ids: number[] = [];
  bus.messages.subscribe(streamTopic(STREAM), (text) => {
    const event = decode(text);
    if (event.ok && event.value.type === 'trade') ids.push(event.value.id);
  });
  const name = parseStreamName(STREAM);
  if (!name.ok) throw new Error('not a stream');
  const series = continuity.open(name.value, new Set([1]));
  const arrivals = [
    [1, 1],
    [4, 2],
    [2, 1],
    [3, 1],
    [4, 1],
  ] as const;
  for (const [id, line] of arrivals) continuity.accept(series, trade(id), line);
  expect(ids).toEqual([1, 2, 3, 4]);
  expect(continuity.counts.gaps).toBe(0);
});
