import { expect, it } from 'vitest';
import { sampleStreams, spot } from '../index.js';

const samples = sampleStreams(spot);

it('there is a sample stream of every type of a market', () => {
  expect(samples.map(({ stream }) => stream.type).toSorted()).toEqual(spot.types.map(({ type }) => type).toSorted());
});

it.each(samples)('its frames are such as Binance sends: $stream.type', ({ stream, frame }) => {
  for (const count of [1, 2, 3, 1_000_001]) {
    const read = spot.decode(Buffer.from(frame(count)), false);
    expect(read).toMatchObject({ ok: true, value: { kind: 'market', stream: stream.name } });
    expect(read).not.toHaveProperty('value.wire');
  }
});
