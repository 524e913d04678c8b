import { beforeEach, describe, expect, it } from 'vitest';
import { spot } from '#libs/binance';
import { type FeedEvent, type MissedQuestion, type Place, placeIn } from '#libs/core';
import { FakeClock } from '../../../../test/support/fake-clock.js';
import { feedText } from '../../../../test/support/feed-text.js';
import { parsedStream } from '../../../../test/support/parsed-stream.js';
import { newEdgeCounts } from '../metrics/edge-counts.js';
import { join } from '../following/joining.js';
import { EdgeStream } from '../streams/edge-stream.js';
import { newShelf } from '../streams/market-streams.rig.js';
import { type Recovered, Recovery } from './recovery.js';

const TRADE = 'btcusdt@trade';

const trade = (epoch: number, seq: number): string =>
  `{"type":"trade","stream":"${TRADE}","epoch":${epoch},"seq":${seq},"id":${seq}}`;
const feed = (epoch: number, seq: number, more: Partial<FeedEvent> = {}): string => feedText(TRADE, epoch, seq, more);
const follows = (epoch: number, seq: number, place: Place, by: FeedEvent['by'] = 'upstream'): string =>
  feed(epoch, seq, { follows: place, by });
const at = (epoch: number, seq: number): Place => ({ epoch, seq });

describe('what a client has missed', () => {
  let stream: EdgeStream;
  let recovery: Recovery;
  let asked: { question: MissedQuestion; told: (texts: readonly string[]) => void }[];
  const begin = (keptBytes?: number): void => {
    const surroundings = {
      publish: () => undefined,
      counts: newEdgeCounts(),
      clock: new FakeClock(),
      ownSnapshotMs: 0,
      shelf: newShelf(keptBytes),
    };
    stream = new EdgeStream(spot, parsedStream(TRADE), 0, surroundings);
    stream.phase = 'followed';
  };
  beforeEach(() => {
    asked = [];
    recovery = new Recovery({ fetch: (question, _stream, told) => void asked.push({ question, told }) });
    begin();
  });
  const keep = (...texts: string[]): void => {
    for (const text of texts) {
      stream.history?.take(text);
      stream.moveTo(placeIn(text));
    }
  };
  const shown = (recovered: Recovered | undefined): unknown =>
    recovered && 'texts' in recovered
      ? recovered.texts.map((text) => Object.values(placeIn(text)).join('.'))
      : recovered?.why;
  const look = (epoch: number, seq: number): unknown => shown(recovery.look(stream, at(epoch, seq)));
  const settle = async (): Promise<void> => {
    for (let turn = 0; turn < 10; turn += 1) await Promise.resolve();
  };

  it('is what is kept behind its place, over every change of term that says what it follows', () => {
    keep(trade(7, 4), trade(7, 5), follows(8, 1, at(7, 5)), trade(8, 2), follows(9, 1, at(8, 2)));
    expect(look(7, 3)).toEqual(['7.4', '7.5', '8.1', '8.2', '9.1']);
    expect([look(7, 5), look(8, 1), look(9, 1)]).toEqual([['8.1', '8.2', '9.1'], ['8.2', '9.1'], []]);
  });

  it('is nothing at the place that the present term goes on behind', () => {
    begin(0);
    stream.moveTo(at(8, 1));
    stream.junction = { from: at(7, 5), to: at(8, 1) };
    expect([look(7, 5), look(8, 1), look(7, 4)]).toEqual([[], [], 'out-of-history']);
  });

  it('is all that clients of this edge had, for who stands where a new upstream began that says it again', () => {
    keep(trade(7, 4), trade(7, 5));
    stream.last = trade(7, 5);
    const opening = join(stream, JSON.parse(follows(8, 1, at(7, 4))) as FeedEvent);
    keep(JSON.stringify(opening));
    expect([look(7, 4), look(7, 5), look(8, 1)]).toEqual([['7.5', '8.1'], ['8.1'], []]);
    stream.moveTo(at(8, 2));
    expect([look(7, 4), look(8, 1), look(8, 2)]).toEqual([['7.5', '8.1'], [], 'out-of-history']);
  });

  it('goes over what a new upstream has said again as its clients were told', () => {
    keep(
      trade(7, 5),
      follows(8, 1, at(7, 4), 'edge').replace('"seq":4', '"seq":5'),
      follows(8, 4, at(8, 1), 'edge'),
      trade(8, 5),
    );
    expect([look(7, 5), look(8, 1)]).toEqual([
      ['8.1', '8.4', '8.5'],
      ['8.4', '8.5'],
    ]);
    expect(look(8, 2)).toBe('out-of-history');
  });

  it('is behind any of the states of which a welcome said that there was nothing else', () => {
    keep(trade(7, 5), follows(8, 3, at(7, 5)), trade(8, 4));
    expect([look(7, 5), look(8, 1), look(8, 2)]).toEqual([
      ['8.3', '8.4'],
      ['8.3', '8.4'],
      ['8.3', '8.4'],
    ]);
  });

  it('cannot be said of what is not, was begun anew, or nobody has said', () => {
    keep(trade(7, 4), feed(7, 5, { cause: 'subscribing' }), trade(7, 6));
    expect([look(7, 7), look(8, 1), look(7, 4), look(7, 5)]).toEqual([
      'unknown-place',
      'unknown-place',
      'new-run',
      ['7.6'],
    ]);
    stream.phase = 'unheard';
    expect(look(7, 5)).toBe('not-heard');
  });

  it('is asked for where it is older than what is kept, from the newest on, and kept then', async () => {
    keep(trade(9, 4), trade(9, 5));
    expect(look(7, 2)).toBeUndefined();
    const recovered = recovery.recover(stream, at(7, 2));
    await settle();
    expect(asked[0]?.question).toEqual({ stream: TRADE, epoch: 9, after: 0, to: 3 });
    asked[0]?.told([follows(9, 1, at(8, 2)), trade(9, 2), trade(9, 3)]);
    await settle();
    expect(asked[1]?.question).toEqual({ stream: TRADE, epoch: 8, after: 0, to: 2 });
    keep(trade(9, 6));
    asked[1]?.told([follows(8, 1, at(7, 4)), trade(8, 2)]);
    await settle();
    expect(asked[2]?.question).toEqual({ stream: TRADE, epoch: 7, after: 2, to: 4 });
    asked[2]?.told([trade(7, 3), trade(7, 4)]);
    const all = ['7.3', '7.4', '8.1', '8.2', '9.1', '9.2', '9.3', '9.4', '9.5', '9.6'];
    expect(shown(await recovered)).toEqual(all);
    expect(look(7, 2)).toEqual(all);
  });

  it('is asked for by the first who comes back, and the others have it from there', async () => {
    stream.moveTo(at(7, 5));
    const both = [recovery.recover(stream, at(7, 2)), recovery.recover(stream, at(7, 3))];
    await settle();
    expect(asked.map(({ question }) => question)).toEqual([{ stream: TRADE, epoch: 7, after: 2, to: 5 }]);
    asked[0]?.told([trade(7, 3), trade(7, 4), trade(7, 5)]);
    expect((await Promise.all(both)).map(shown)).toEqual([
      ['7.3', '7.4', '7.5'],
      ['7.4', '7.5'],
    ]);
    expect(asked).toHaveLength(1);
  });

  it.each([
    ['nobody has it', [], 'out-of-history'],
    ['the term follows nothing', [feed(9, 1), trade(9, 2), trade(9, 3)], 'new-term'],
    ['the term goes on behind something before it', [follows(9, 1, at(7, 1)), trade(9, 2), trade(9, 3)], 'new-term'],
  ])('cannot be had where %s', async (_why, texts, why) => {
    keep(trade(9, 4));
    const recovered = recovery.recover(stream, at(7, 2));
    await settle();
    asked[0]?.told(texts);
    expect(await recovered).toEqual({ why });
  });

  it('is too much where it is more than is kept, or than is asked for', async () => {
    begin(1_000);
    stream.moveTo(at(7, 30_000));
    expect(look(7, 9_999)).toBe('too-much');
    const recovered = recovery.recover(stream, at(7, 29_900));
    await settle();
    asked[0]?.told(Array.from({ length: 100 }, (_, index) => trade(7, 29_901 + index)));
    expect(await recovered).toEqual({ why: 'too-much' });
    expect(stream.history?.kept).toEqual([]);
  });

  it('is asked for again where what is kept has begun anew meanwhile', async () => {
    keep(trade(7, 5));
    const recovered = recovery.recover(stream, at(7, 2));
    await settle();
    stream.history?.clear();
    keep(trade(7, 9));
    asked[0]?.told([trade(7, 3), trade(7, 4)]);
    await settle();
    expect(stream.history?.kept).toEqual([trade(7, 9)]);
    expect(asked[1]?.question).toEqual({ stream: TRADE, epoch: 7, after: 2, to: 8 });
    asked[1]?.told([]);
    expect(await recovered).toEqual({ why: 'out-of-history' });
  });
});
