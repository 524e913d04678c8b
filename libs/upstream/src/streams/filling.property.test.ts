import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FILL_MS, HandRepairer, MOST_WAITING, Mended, trades } from './mended.rig.js';
import { blockTrade, bookAt, candle, diff, streamOf, trade } from '../../../../test/support/series-rig.js';
import { Series } from './series.js';

describe('a hole that no line can fill', () => {
  it('is filled in order, then comes what waited, then the stream lives', () => {
    const history = new HandRepairer('history');
    const mended = new Mended('btcusdt@trade', history).trades(1, 5, 6);
    expect(mended.said).toEqual(['first-event', 1, 'filling']);
    expect(history.now.hole).toMatchObject({ from: 2, to: 4, count: 3, before: { id: 1 }, next: { id: 5 } });
    expect(mended.series.transcript.feed).toMatchObject({ state: 'recovering', missing: { from: 2, to: 4 } });
    expect(history.now.told.bring(trades(2, 3))).toMatchObject({ from: 4, to: 4 });
    mended.trades(7);
    expect(history.now.told.bring(trades(3, 5))).toBeUndefined();
    mended.trades(8);
    expect(mended.said.slice(3)).toEqual([2, 3, 4, 5, 6, 7, 'filled', 8]);
    expect(mended.events.map(({ seq }) => seq)).toEqual(mended.events.map((_, at) => at + 1));
    expect(history.now.isOver).toBe(true);
  });

  it('is left to the next repairer when one has nothing, and to nobody after the last', () => {
    const [spare, history] = [new HandRepairer('spare'), new HandRepairer('history')];
    const mended = new Mended('btcusdt@trade', spare, history).trades(1, 5);
    spare.now.told.bring(trades(3, 3));
    spare.now.told.pass('its bytes are gone');
    expect(history.now.hole).toMatchObject({ from: 2, to: 2 });
    history.now.told.pass('404');
    mended.clock.advance(0);
    expect(mended.said).toEqual(['first-event', 1, 'filling', 'gap 2-2', 'resumed', 3, 'filling']);
    expect(spare.now.hole).toMatchObject({ from: 4, to: 4 });
    spare.now.told.pass('gone');
    expect(history.asked).toHaveLength(2);
  });

  it('is a gap when it has not come in time, and what comes then changes nothing', () => {
    const history = new HandRepairer('history');
    const mended = new Mended('btcusdt@trade', history).trades(1, 5).wait(FILL_MS - 1);
    const { told } = history.now;
    expect(mended.said).toEqual(['first-event', 1, 'filling']);
    mended.wait(1);
    expect(mended.said.slice(3)).toEqual(['gap 2-4', 'resumed', 5]);
    told.bring(trades(2, 4));
    told.pass('late');
    told.whole();
    expect(mended.trades(6).said.slice(3)).toEqual(['gap 2-4', 'resumed', 5, 6]);
    expect(history.asked).toHaveLength(1);
  });

  it('is a gap when too many events wait for it', () => {
    const mended = new Mended('btcusdt@trade', new HandRepairer('history')).trades(1);
    mended.take(...trades(5, 5 + MOST_WAITING - 1));
    expect(mended.said).toEqual(['first-event', 1, 'filling']);
    mended.trades(5 + MOST_WAITING);
    expect(mended.said.slice(3, 6)).toEqual(['gap 2-4', 'resumed', 5]);
    expect(mended.said.at(-1)).toBe(5 + MOST_WAITING);
  });

  it('is filled by another line while a repairer is at work, who is told that it is over', () => {
    const history = new HandRepairer('history');
    const mended = new Mended('btcusdt@trade', history).trades(1, 4);
    mended.series.sources.open(2, 0);
    for (const event of trades(2, 3)) mended.series.accept([event], 2, 0);
    expect(history.now.isOver).toBe(true);
    expect(mended.series.continuity.mending.state).toBe('whole');
  });

  it('of which some is lost is announced as far as that, and the rest is still filled', () => {
    const history = new HandRepairer('history');
    const mended = new Mended('btcusdt@trade', history).trades(1, 9);
    const { told } = history.now;
    told.bring(trades(2, 3));
    expect(told.lost(5, 'gone')).toMatchObject({ from: 6, to: 8, count: 3, next: { id: 9 } });
    expect(mended.series.transcript.feed).toMatchObject({ cause: 'filling', missing: { from: 6, to: 8 } });
    told.bring(trades(6, 7));
    expect(mended.said.slice(3)).toEqual([2, 3, 'gap 4-5', 'filling', 6, 7]);
    expect(mended.tools.counts).toMatchObject({ gaps: 1, missing: 2, holes: 1 });
    expect(told.lost(12, 'gone')).toBeUndefined();
    expect(mended.trades(10).said.slice(9)).toEqual(['gap 8-8', 'resumed', 9, 10]);
    told.lost(20, 'late');
    expect(mended.trades(11).said.slice(9)).toEqual(['gap 8-8', 'resumed', 9, 10, 11]);
    expect(history.asked).toHaveLength(1);
  });

  it('of which all is lost is announced once, and what waited follows', () => {
    const history = new HandRepairer('history');
    const mended = new Mended('btcusdt@trade', history).trades(1, 9);
    expect(history.now.told.lost(8, 'gone')).toBeUndefined();
    expect(mended.said.slice(3)).toEqual(['gap 2-8', 'resumed', 9]);
    expect(mended.tools.counts).toMatchObject({ gaps: 1, missing: 7 });
    expect(history.now.isOver).toBe(true);
  });

  it('says anew what is filled when that is another hole', () => {
    const history = new HandRepairer('history');
    const mended = new Mended('btcusdt@trade', history).trades(1, 5, 9);
    const [first] = mended.events.slice(-1);
    mended.clock.advance(700);
    history.now.told.bring(trades(2, 4));
    const [second] = mended.events.slice(-1);
    expect([first, second]).toMatchObject([
      { cause: 'filling', since: 0, missing: { from: 2, to: 4 } },
      { cause: 'filling', since: 0, missing: { from: 6, to: 8 } },
    ]);
  });

  it('counts what waited and what came twice', () => {
    const mended = new Mended('btcusdt@trade', new HandRepairer('history')).trades(1, 1, 4, 5, 5, 1);
    expect(mended.tools.counts).toMatchObject({ heldBack: 2, repeated: 3, holes: 1, gaps: 0 });
  });

  it('costs no question when it is over before anybody could be asked', () => {
    const history = new HandRepairer('history');
    const mended = new Mended('btcusdt@trade', history);
    mended.series.accept([trade(1)], 1, 0);
    mended.series.accept([trade(3)], 1, 0);
    mended.series.accept([trade(2)], 1, 0);
    mended.clock.advance(0);
    expect(history.asked).toEqual([]);
  });

  it('keeps one order whatever is lost, doubled, late or never brought: each id is passed once or announced once', () => {
    const step = fc.record({
      lost: fc.integer({ min: 0, max: 5 }),
      live: fc.integer({ min: 1, max: 5 }),
      brought: fc.array(fc.integer({ min: -3, max: 8 }), { maxLength: 4 }),
      gone: fc.array(fc.integer({ min: 0, max: 3 }), { maxLength: 2 }),
      end: fc.constantFrom('bring', 'pass', 'wait', 'nothing'),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 20 }), (steps) => {
        const history = new HandRepairer('history');
        const mended = new Mended('btcusdt@trade', history).trades(1);
        const late: (() => void)[] = [];
        const gone: string[] = [];
        let last = 1;
        for (const { lost, live, brought, gone: lengths, end } of steps) {
          const from = last + 1 + lost;
          last = from + live - 1;
          mended.take(...trades(from, last), trade(last));
          if (mended.series.continuity.mending.state !== 'filling') continue;
          const { told, hole } = history.now;
          for (const at of brought) told.bring(trades(hole.from + at, Math.min(last, hole.from + at + 1)));
          for (const length of lengths) {
            const left = told.bring([]);
            if (!left) break;
            const to = Math.min(left.from + length, left.to ?? Infinity);
            gone.push(`gap ${left.from}-${to}`);
            told.lost(left.from + length, 'gone');
          }
          // What was lost up to the end of a hole ends it; behind what was brought out of turn another one may begin.
          mended.clock.advance(0);
          if (end === 'bring') history.now.told.bring(trades(hole.from, hole.to ?? 0));
          if (end === 'pass') told.pass('no');
          if (end === 'wait') mended.wait(FILL_MS);
          late.push(() => void told.bring(trades(hole.from, hole.to ?? 0)));
        }
        for (const bring of late) bring();
        for (let tries = 0; mended.series.isWaiting && tries < 100; tries += 1) mended.wait(FILL_MS);
        expect(mended.series.isWaiting).toBe(false);
        const gaps = mended.said.filter((one) => typeof one === 'string' && one.startsWith('gap'));
        expect(gaps).toEqual(expect.arrayContaining(gone));
        const ends = steps.map(({ end }) => end);
        if (ends.every((end) => end === 'bring')) expect(gaps).toEqual(gone);
        let next = 1;
        for (const one of mended.said) {
          if (typeof one === 'string' && !one.startsWith('gap')) continue;
          const [from, to] = typeof one === 'number' ? [one, one] : one.replace('gap ', '').split('-').map(Number);
          expect(from).toBe(next);
          next = (to ?? 0) + 1;
        }
        expect(next).toBe(last + 1);
        expect(mended.events.map(({ seq }) => seq)).toEqual(mended.events.map((_, at) => at + 1));
      }),
    );
  });
});

describe('a stream that was without a source', () => {
  it('is asked about when a line is known to carry it again, and brings what came meanwhile', () => {
    const history = new HandRepairer('history');
    const mended = new Mended('btcusdt@trade', history).trades(1, 2).interrupt();
    mended.series.become({ state: 'recovering', cause: 'connection-lost' }, 0);
    expect(history.asked).toEqual([]);
    mended.confirm();
    expect(history.now.hole).toMatchObject({ from: 3, before: { id: 2 }, reason: 'interrupted' });
    expect(history.now.hole.to).toBeUndefined();
    history.now.told.bring(trades(3, 4));
    history.now.told.whole();
    expect(mended.said).toEqual(['first-event', 1, 2, 'filling', 3, 4, 'filled']);
    expect(mended.events[3]).toMatchObject({ state: 'recovering', missing: { from: 3, to: 4 } });
    expect(mended.tools.counts).toMatchObject({ gaps: 0, missing: 0, filled: 2 });
  });

  it('lives again when nothing came meanwhile', () => {
    const history = new HandRepairer('history');
    const mended = new Mended('btcusdt@trade', history).trades(1).interrupt();
    mended.series.become({ state: 'recovering', cause: 'connection-lost' }, 0);
    mended.confirm();
    history.now.told.whole();
    expect(mended.said).toEqual(['first-event', 1, 'resumed']);
  });

  it('is not asked about when its ids join, or show the hole themselves', () => {
    const history = new HandRepairer('history');
    new Mended('btcusdt@trade', history).trades(1).interrupt().trades(2).confirm();
    expect(history.asked).toEqual([]);
    new Mended('btcusdt@trade', history).trades(1).interrupt().trades(4).confirm();
    expect(history.asked).toHaveLength(1);
  });

  it('has what is behind what is lost of it, which is announced', () => {
    const history = new HandRepairer('history');
    const mended = new Mended('btcusdt@trade', history).trades(1).interrupt();
    mended.series.become({ state: 'recovering', cause: 'connection-lost' }, 0);
    mended.confirm();
    expect(history.now.told.lost(3, 'gone')).toMatchObject({ from: 4 });
    history.now.told.bring(trades(4, 5));
    history.now.told.whole();
    expect(mended.said).toEqual(['first-event', 1, 'gap 2-3', 'filling', 4, 5, 'filled']);
  });

  it('is not asked about any more when the next id comes in between', () => {
    const history = new HandRepairer('history');
    const mended = new Mended('btcusdt@trade', history).trades(1).interrupt().confirm();
    mended.trades(2);
    expect(history.now.isOver).toBe(true);
    expect(mended.said).toEqual(['first-event', 1, 2]);
  });

  it('is asked about for so long and no longer, and then goes on as it is', () => {
    const history = new HandRepairer('history');
    const mended = new Mended('btcusdt@trade', history).trades(1).interrupt().confirm().wait(FILL_MS);
    expect(history.now.isOver).toBe(true);
    expect(mended.trades(2).said).toEqual(['first-event', 1, 2]);
  });

  it('lives again with what came meanwhile where nobody has more, and not at all where nobody knows', () => {
    const history = new HandRepairer('history');
    const some = new Mended('btcusdt@trade', history).trades(1).interrupt();
    some.series.become({ state: 'recovering', cause: 'connection-lost' }, 0);
    some.confirm();
    history.now.told.bring(trades(2, 3));
    history.now.told.pass('no more');
    expect(some.said).toEqual(['first-event', 1, 'filling', 2, 3, 'filled']);
    const none = new Mended('btcusdt@trade', history).trades(1).interrupt();
    none.series.become({ state: 'recovering', cause: 'connection-lost' }, 0);
    none.confirm();
    history.now.told.pass('unknown');
    expect(none.said).toEqual(['first-event', 1]);
    expect(none.cause).toBe('connection-lost');
  });

  it('does not live because of what is fetched while it has no line', () => {
    const history = new HandRepairer('history');
    const mended = new Mended('btcusdt@trade', history).trades(1, 4);
    mended.series.sourceGone(1, 0);
    history.now.told.bring(trades(2, 3));
    expect(mended.said).toEqual(['first-event', 1, 'filling', 2, 3, 4]);
  });

  it('is not asked about by a confirmation from before, nor twice', () => {
    const history = new HandRepairer('history');
    const mended = new Mended('btcusdt@trade', history).trades(1);
    mended.clock.advance(5_000);
    mended.interrupt();
    mended.series.confirm(4_999, 6_000);
    mended.clock.advance(0);
    expect(history.asked).toEqual([]);
    mended.series.confirm(5_000, 6_000);
    mended.clock.advance(0);
    expect(history.asked).toHaveLength(1);
    history.now.told.whole();
    mended.confirm();
    expect(history.asked).toHaveLength(1);
  });

  it('is not asked about where nobody can be asked, nor while a hole is known', () => {
    const alone = new Mended('btcusdt@trade').trades(1).interrupt().confirm();
    expect(alone.series.continuity.mending.state).toBe('whole');
    const history = new HandRepairer('history');
    const mended = new Mended('btcusdt@trade', history).trades(1, 5).interrupt().confirm();
    expect(history.asked.map(({ hole }) => hole.to)).toEqual([4]);
    history.now.told.bring(trades(2, 4));
    expect(mended.said.slice(3)).toEqual([2, 3, 4, 5, 'filled']);
  });

  it('is asked about where it goes on behind what was reached before', () => {
    const history = new HandRepairer('history');
    const { tools, clock } = new Mended('btcusdt@trade', history);
    const series = new Series(streamOf('btcusdt@trade'), tools, { topic: 't', at: 10, seq: 4, resumeAt: 7 });
    series.sources.open(1, 10);
    series.confirm(10, 10);
    clock.advance(0);
    expect(history.now.hole).toMatchObject({ from: 8, reason: 'interrupted' });
    const anew = new Series(streamOf('btcusdt@trade'), tools, { topic: 't', at: 10, seq: 4 });
    anew.confirm(10, 10);
    expect(anew.continuity.mending.state).toBe('whole');
  });

  it('is not asked about when another line carried it all the time', () => {
    const history = new HandRepairer('history');
    const mended = new Mended('btcusdt@trade', history).trades(1);
    mended.series.sources.open(2, 0);
    mended.interrupt().confirm();
    expect(history.asked).toEqual([]);
  });
});

describe('candles', () => {
  it('that were skipped are fetched, the one that was not closed first', () => {
    const history = new HandRepairer('history');
    const mended = new Mended('btcusdt@kline_1s', history).take(candle(0, 900), candle(3_000, 3_100));
    expect(history.now.hole).toMatchObject({ from: 0, to: 2_999 });
    history.now.told.bring([candle(0, 1_000, true), candle(1_000, 2_000, true), candle(2_000, 3_000, true)]);
    expect(mended.said.slice(1)).toEqual([0, 'filling', '0 closed', '1000 closed', '2000 closed', 3_000, 'filled']);
  });

  it('that never were are not missing', () => {
    const history = new HandRepairer('history');
    const mended = new Mended('btcusdt@kline_1s', history).take(candle(0, 1_000, true), candle(3_000, 3_100));
    history.now.told.bring([candle(2_000, 3_000, true)]);
    expect(mended.said.slice(1)).toEqual(['0 closed', 'filling', '2000 closed', 3_000, 'filled']);
  });
});

describe('block trades, whose ids only rise', () => {
  const BLOCKS = 'btcusdt@blockTrade';

  it('wait after an interruption until somebody knows what came before them', () => {
    const history = new HandRepairer('history');
    const mended = new Mended(BLOCKS, history).take(blockTrade(3), blockTrade(9)).interrupt().take(blockTrade(20));
    expect(mended.said).toEqual(['first-event', 3, 9, 'filling']);
    expect(history.now.hole).toMatchObject({ from: 10, to: 19, before: { id: 9 }, next: { id: 20 } });
    history.now.told.bring([blockTrade(14)]);
    expect(mended.said.slice(4)).toEqual([14]);
    history.now.told.whole();
    expect(mended.take(blockTrade(31)).said.slice(4)).toEqual([14, 20, 'filled', 31]);
  });

  it('are announced as missing where nobody knows, and go on', () => {
    const mended = new Mended(BLOCKS, new HandRepairer('history')).take(blockTrade(3)).interrupt();
    mended.take(blockTrade(20)).wait(FILL_MS);
    expect(mended.take(blockTrade(25)).said.slice(2)).toEqual(['filling', 'gap 4-19', 'resumed', 20, 25]);
  });

  it('are asked about when the line is back and quiet, and then wait no more', () => {
    const history = new HandRepairer('history');
    const mended = new Mended(BLOCKS, history).take(blockTrade(3)).interrupt().confirm();
    expect(history.now.hole).toMatchObject({ from: 4, reason: 'interrupted' });
    history.now.told.whole();
    expect(mended.take(blockTrade(20)).said).toEqual(['first-event', 3, 20]);
  });

  it('wait behind where the upstream before was, too: it may have missed some', () => {
    const history = new HandRepairer('history');
    const { tools, clock } = new Mended(BLOCKS, history);
    const recalled = { place: { epoch: 0, seq: 5 }, event: blockTrade(9) };
    const series = new Series(streamOf(BLOCKS), tools, { topic: 't', at: 0, seq: 0, recalled });
    series.sources.open(1, 0);
    expect(series.accept([blockTrade(20)], 1, 0)).toMatchObject([{ cause: 'filling', missing: { from: 10, to: 19 } }]);
    expect(series.isWaiting).toBe(true);
    clock.advance(0);
    expect(history.now.hole).toMatchObject({ from: 10, to: 19, before: { id: 9 }, next: { id: 20 } });
  });

  it('wait for nobody where nobody can be asked', () => {
    expect(new Mended(BLOCKS).take(blockTrade(3)).interrupt().take(blockTrade(20)).said).toEqual([
      'first-event',
      3,
      20,
    ]);
  });
});

describe('a hole in the diffs of a book', () => {
  const missed = (): [HandRepairer, Mended] => {
    const book = new HandRepairer('book', true);
    return [book, new Mended('btcusdt@depth', book).take(diff(1, 10), diff(21, 30), diff(31, 40))];
  };

  it('is bridged by a book that reaches it; diffs within the book are dropped', () => {
    const [book, mended] = missed();
    expect(book.now.told.bridge(bookAt(19))).toBe(false);
    expect(book.now.told.bridge(bookAt(33))).toBe(true);
    expect(mended.take(diff(41, 50)).said.slice(2)).toEqual(['filling', 'book 33', 40, 'filled', 50]);
    expect(book.now.told.bridge(bookAt(45))).toBe(false);
  });

  it('waits without end, drops the oldest diffs, and is bridged by a book that reaches past them', () => {
    const [book, mended] = missed();
    mended
      .take(...Array.from({ length: MOST_WAITING }, (_, at) => diff(41 + 10 * at, 50 + 10 * at)))
      .wait(10 * FILL_MS);
    expect(mended.said.slice(2)).toEqual(['filling']);
    expect(book.now.told.bridge(bookAt(35))).toBe(false);
    expect(book.now.told.bridge(bookAt(40))).toBe(true);
    expect(mended.said.slice(2, 5)).toEqual(['filling', 'book 40', 50]);
  });
});
