import { describe, expect, it } from 'vitest';
import { FILL_MS, HandRepairer, Mended, trades } from './mended.rig.js';
import { bookAt, diff } from '../../../../test/support/series-rig.js';

const TRADES = 'btcusdt@trade';
const twoRepairers = (): [HandRepairer, HandRepairer] => [new HandRepairer('spare'), new HandRepairer('history')];

describe('what operators are told of a hole', () => {
  it('is who closed it, with how many events, and how long it took', () => {
    const history = new HandRepairer('history');
    const mended = new Mended(TRADES, history).trades(1, 5);
    mended.clock.advance(1_500);
    history.now.told.bring(trades(2, 4));
    expect(mended.ended).toEqual([{ by: 'history', events: 3, ms: 1_500 }]);
    mended.trades(9);
    mended.clock.advance(200);
    history.now.told.bring(trades(6, 8));
    expect(mended.ended.slice(1)).toEqual([{ by: 'history', events: 3, ms: 200 }]);
    expect(mended.tools.counts).toMatchObject({ holes: 2, filled: 6, gaps: 0, missing: 0 });
  });

  it('is that a line closed it, where that brought the events after all', () => {
    const history = new HandRepairer('history');
    const mended = new Mended(TRADES, history).trades(1, 4);
    history.now.told.bring([]);
    mended.clock.advance(300);
    mended.trades(2, 3);
    expect(mended.ended).toEqual([{ by: 'line', events: 0, ms: 300 }]);
  });

  it('is that nobody did, why, and what is missing', () => {
    const [spare, history] = twoRepairers();
    const mended = new Mended(TRADES, spare, history).trades(1, 5);
    spare.now.told.pass('not there');
    history.now.told.pass('404');
    expect(mended.ended).toEqual([{ by: 'nobody', events: 0, ms: 0 }]);
    expect(mended.missed).toMatchObject([
      { reason: 'unavailable', why: 'history: 404', hole: { from: 2, to: 4, count: 3 } },
    ]);
    expect(mended.tools.counts).toMatchObject({ gaps: 1, missing: 3 });
    expect(mended.events.find((event) => event.type === 'feed' && event.state === 'gap')).toMatchObject({
      message: '3 ids missing: history: 404',
      missing: { from: 2, to: 4 },
    });
  });

  it('names why it was announced: too late, too many waited, no source had it', () => {
    const late = new Mended(TRADES, new HandRepairer('history')).trades(1, 5).wait(FILL_MS);
    const full = new Mended(TRADES, new HandRepairer('history')).trades(1).take(...trades(5, 105));
    const alone = new Mended(TRADES).trades(1, 5);
    expect([late, full, alone].map(({ missed }) => missed.map(({ reason }) => reason))).toEqual([
      ['late'],
      ['full'],
      ['no-source'],
    ]);
  });

  it('is what of it was lost, and who has brought the rest', () => {
    const history = new HandRepairer('history');
    const mended = new Mended(TRADES, history).trades(1, 6);
    history.now.told.lost(3, 'it has what came before and after');
    history.now.told.bring(trades(4, 5));
    expect(mended.missed).toMatchObject([
      { reason: 'unavailable', why: 'history: it has what came before and after', hole: { from: 2, to: 3, count: 2 } },
    ]);
    expect(mended.ended).toMatchObject([{ by: 'history', events: 2 }]);
  });

  it('is that a book has bridged it', () => {
    const book = new HandRepairer('book', true);
    const mended = new Mended('btcusdt@depth', book).take(diff(1, 10), diff(21, 30));
    book.now.told.bridge(bookAt(25));
    expect(mended.ended).toEqual([{ by: 'book', events: 0, ms: 0 }]);
  });

  it('is nothing of a doubt that was none, and all of one that was a hole', () => {
    const history = new HandRepairer('history');
    const mended = new Mended(TRADES, history).trades(1).interrupt().confirm();
    history.now.told.whole();
    expect(mended.ended).toEqual([]);
    mended.interrupt().confirm();
    history.now.told.bring(trades(2, 3));
    history.now.told.whole();
    expect(mended.ended).toMatchObject([{ by: 'history', events: 2 }]);
  });
});

describe('those who are asked', () => {
  it('are asked one after the other, each for what is still missing, and only the one who is asked is listened to', () => {
    const [spare, history] = twoRepairers();
    const mended = new Mended(TRADES, spare, history).trades(1, 6);
    expect(history.asked).toEqual([]);
    const { told } = spare.now;
    told.bring(trades(2, 3));
    told.pass('gone');
    expect(history.now.hole).toMatchObject({ from: 4, to: 5 });
    told.bring(trades(4, 5));
    told.whole();
    told.pass('again');
    told.lost(5, 'late');
    expect(told.bridge(bookAt(9))).toBe(false);
    expect([history.asked.length, history.now.isOver]).toEqual([1, false]);
    expect(mended.said.slice(3)).toEqual([2, 3]);
    history.now.told.bring(trades(4, 5));
    expect(mended.said.slice(3)).toEqual([2, 3, 4, 5, 6, 'filled']);
    expect(mended.ended).toMatchObject([{ by: 'history', events: 4 }]);
  });

  it('are followed by the next one who says that all is there though it is not', () => {
    const [spare, history] = twoRepairers();
    const mended = new Mended(TRADES, spare, history).trades(1, 6);
    spare.now.told.whole();
    expect(history.now.hole).toMatchObject({ from: 2, to: 5 });
    history.now.told.whole();
    expect(mended.missed).toMatchObject([{ why: 'history: it was not all' }]);
    expect(mended.said.slice(3)).toEqual(['gap 2-5', 'resumed', 6]);
  });

  it('may pass at once, when they are asked', () => {
    const hasty = new HandRepairer('hasty');
    const slow = new HandRepairer('slow');
    hasty.begin = (_, hole, told) => {
      hasty.asked.push({ hole, told, isOver: false });
      told.pass('no');
      return () => undefined;
    };
    const mended = new Mended(TRADES, hasty, slow).trades(1, 3);
    expect(slow.asked).toHaveLength(1);
    mended.trades(2);
    expect(slow.now.isOver).toBe(true);
  });

  it('are asked once for all holes of one moment, after it, and each hole of a stream takes the place of the one before', () => {
    const history = new HandRepairer('history');
    const mended = new Mended(TRADES, history).trades(1, 5);
    history.now.told.bring(trades(2, 4));
    mended.trades(9);
    expect(history.asked.map(({ hole, isOver }) => [hole.from, hole.to, isOver])).toEqual([
      [2, 4, true],
      [6, 8, false],
    ]);
    expect(mended.clock.pending).toBe(0);
  });

  it('are asked anew for the hole behind one that is closed', () => {
    const history = new HandRepairer('history');
    const mended = new Mended(TRADES, history).trades(1, 5, 9);
    history.now.told.bring(trades(2, 4));
    mended.clock.advance(0);
    expect(history.asked.map(({ hole, isOver }) => [hole.from, hole.to, isOver])).toEqual([
      [2, 4, true],
      [6, 8, false],
    ]);
    expect(mended.tools.counts.holes).toBe(2);
    expect(mended.series.transcript.feed).toMatchObject({ cause: 'filling', missing: { from: 6, to: 8 } });
  });

  it('are not asked in doubt any more once the stream shows by itself what is missing', () => {
    const history = new HandRepairer('history');
    new Mended(TRADES, history).trades(1).interrupt().confirm().trades(5);
    expect(history.asked.map(({ hole, isOver }) => [hole.from, hole.to, isOver])).toEqual([
      [2, undefined, true],
      [2, 4, false],
    ]);
  });
});
