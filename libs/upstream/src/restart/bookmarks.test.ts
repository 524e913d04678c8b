import { expect, it } from 'vitest';
import { MemoryBus } from '#libs/bus';
import { FakeClock } from '../../../../test/support/fake-clock.js';
import { settle } from '../../../../test/support/fake-link.js';
import { trade } from '../../../../test/support/series-rig.js';
import { Stage } from '../streams/streams-stage.rig.js';
import { Bookmarks } from './bookmarks.js';

it('no mark is written of a stream that somebody else says: the place is his', async () => {
  const { marks } = new MemoryBus({ clock: new FakeClock() });
  const stage = new Stage();
  const series = ['btcusdt@trade', 'ethusdt@trade'].map((name) => stage.open(name));
  for (const one of series) stage.take(one, trade(1));
  stage.streams.mute();
  stage.streams.beginSilently(2);
  const [own] = series;
  if (own) stage.streams.speak(own, { place: { epoch: 1, seq: 3 }, event: trade(1) }, true);
  await new Bookmarks({ marks, key: 'marks', streams: stage.streams }).write(0);
  await settle();
  expect([...(await marks.read('marks')).keys()].toSorted()).toEqual(['beat', 'btcusdt@trade']);
});
