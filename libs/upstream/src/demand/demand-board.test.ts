import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { spot } from '#libs/binance';
import { streamOf } from '../../../../test/support/series-rig.js';
import { DemandBoard } from './demand-board.js';

const boardOf = (always: string[], mostStreams: number): DemandBoard =>
  new DemandBoard(spot, always.map(streamOf), mostStreams);

const demand = (edge: string, streams: unknown): string => JSON.stringify({ edge, streams });

function changeOf(board: DemandBoard, text: string, now = 0) {
  const taken = board.take(text, now);
  if (!taken.ok) throw new Error(taken.problem);
  return taken.value;
}

const wanted = (board: DemandBoard): string[] => [...board.wanted().streams.keys()].sort();

describe('the demand board', () => {
  it('wants what any edge wants, and what is always on', () => {
    const board = boardOf(['btcusdt@depth'], 100);
    changeOf(board, demand('a', ['btcusdt@trade']));
    changeOf(board, demand('b', ['btcusdt@trade', 'ethusdt@trade']));
    expect(wanted(board)).toEqual(['btcusdt@depth', 'btcusdt@trade', 'ethusdt@trade']);
    changeOf(board, demand('b', []));
    expect(wanted(board)).toEqual(['btcusdt@depth', 'btcusdt@trade']);
  });

  it('knows which streams edges want, whatever is always on', () => {
    const board = boardOf(['btcusdt@depth', 'ethusdt@depth'], 100);
    changeOf(board, demand('a', ['btcusdt@depth', 'btcusdt@trade']));
    const isAsked = (): boolean[] =>
      ['btcusdt@depth', 'ethusdt@depth', 'btcusdt@trade', 'ethusdt@trade'].map((name) => board.isAsked(name));
    expect(isAsked()).toEqual([true, false, true, false]);
    changeOf(board, demand('a', []));
    expect(isAsked()).toEqual([false, false, false, false]);
  });

  it('hears a thousand edges and no more, until one of them is forgotten', () => {
    const board = boardOf([], 100);
    for (let at = 0; at < 1_000; at += 1) changeOf(board, demand(`edge-${at}`, ['btcusdt@trade']), at);
    expect(board.take(demand('one-more', ['ethusdt@trade']), 1_000)).toMatchObject({ ok: false });
    expect(wanted(board)).toEqual(['btcusdt@trade']);
    changeOf(board, demand('edge-7', []), 1_000);
    board.expire(11_000);
    changeOf(board, demand('one-more', ['ethusdt@trade']), 11_000);
    expect(wanted(board)).toEqual(['ethusdt@trade']);
  });

  it('wants a stream once, by its own name, whatever edges call it', () => {
    const board = boardOf(['btcusdt@depth5@1000ms'], 2);
    changeOf(board, demand('a', ['btcusdt@depth@1000ms', 'btcusdt@depth']));
    changeOf(board, demand('b', ['btcusdt@depth5']));
    expect(wanted(board)).toEqual(['btcusdt@depth', 'btcusdt@depth5']);
    expect(board.wanted().leftOut.size).toBe(0);
    board.expire(11_000);
    expect(board.isUnheard('btcusdt@depth')).toBe(true);
  });

  it('knows a stream that was given up from one whose edge was lost sight of, for a minute', () => {
    const board = boardOf([], 100);
    changeOf(board, demand('a', ['btcusdt@trade', 'ethusdt@trade']), 0);
    changeOf(board, demand('a', ['btcusdt@trade']), 1_000);
    board.expire(11_001);
    expect([board.isUnheard('btcusdt@trade'), board.isUnheard('ethusdt@trade')]).toEqual([true, false]);
    changeOf(board, demand('b', ['btcusdt@trade']), 12_000);
    expect(board.isUnheard('btcusdt@trade')).toBe(false);
    board.expire(30_000);
    expect(board.isUnheard('btcusdt@trade')).toBe(true);
    board.expire(100_000);
    expect(board.isUnheard('btcusdt@trade')).toBe(false);
  });

  it('does nothing for a demand that says what the last one said, but remembers that the edge lives', () => {
    const board = boardOf([], 100);
    const text = demand('a', ['btcusdt@trade']);
    expect(changeOf(board, text, 0).isChanged).toBe(true);
    expect(changeOf(board, text, 9_000)).toMatchObject({ edge: 'a', isChanged: false, refused: [] });
    expect(board.expire(15_000)).toBe(false);
    expect(changeOf(board, demand('a', ['ethusdt@trade']), 16_000).isChanged).toBe(true);
    expect(changeOf(board, text, 17_000).isChanged).toBe(true);
    expect(wanted(board)).toEqual(['btcusdt@trade']);
  });

  it('counts who wants a stream: it is wanted until the last one has left', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(4), fc.subarray(['a@trade', 'b@trade', 'c@trade', 'd@trade'])), { maxLength: 40 }),
        (demands) => {
          const board = boardOf(['d@trade'], 100);
          const newest = new Map<number, string[]>();
          for (const [edge, streams] of demands) {
            changeOf(board, demand(`edge ${edge}`, streams));
            newest.set(edge, streams);
            const expected = new Set(['d@trade', ...[...newest.values()].flat()]);
            expect(wanted(board)).toEqual([...expected].toSorted());
          }
        },
      ),
    );
  });

  it('forgets an edge that has gone silent, unless nobody could be heard', () => {
    const board = boardOf([], 100);
    changeOf(board, demand('a', ['btcusdt@trade']), 0);
    expect(board.expire(10_000)).toBe(false);
    board.pardon(20_000);
    expect(board.expire(29_000)).toBe(false);
    expect(board.expire(30_001)).toBe(true);
    expect(wanted(board)).toEqual([]);
  });

  it('trusts nobody: refuses bad names once each, bounds the streams, survives any text', () => {
    const board = boardOf([], 3);
    const { refused } = changeOf(board, demand('a', ['BTCUSDT@trade', 'nonsense', '!ticker@arr']));
    expect(refused).toHaveLength(3);
    expect(changeOf(board, demand('a', ['nonsense'])).refused).toEqual([]);
    const many = Array.from({ length: 50 }, (_, at) => `coin${at}usdt@trade`);
    changeOf(board, demand('b', many));
    changeOf(board, demand('c', many.slice(10)));
    expect(wanted(board)).toHaveLength(3);
    expect(board.wanted().leftOut.size).toBe(3);
    for (const text of [
      '',
      '{',
      'null',
      '[]',
      '{"edge":1,"streams":[]}',
      '{"edge":"a","streams":[1]}',
      '{"edge":"","streams":[]}',
    ]) {
      expect(board.take(text, 0).ok).toBe(false);
    }
  });

  it('hears a thousand edges, and one more when another is gone; those that it knows may always change', () => {
    const board = boardOf([], 100);
    for (let edge = 0; edge < 1_000; edge += 1) changeOf(board, demand(`edge ${edge}`, ['btcusdt@trade']), edge);
    expect(board.take(demand('one more', []), 1_000)).toEqual({ ok: false, problem: 'more than 1000 edges' });
    expect(changeOf(board, demand('edge 1', []), 1_000).isChanged).toBe(true);
    board.expire(10_001);
    expect(changeOf(board, demand('one more', []), 10_001).isChanged).toBe(true);
    expect(board.read(10_001)).toHaveLength(1_000);
  });

  it('names at most a thousand streams that there cannot be, and judges the others all the same', () => {
    const board = boardOf([], 10_000);
    const bad = Array.from({ length: 1_500 }, (_, at) => `nonsense ${at}`);
    const { refused } = changeOf(board, demand('a', [...bad, 'btcusdt@trade']));
    expect(refused).toHaveLength(1_000);
    expect(wanted(board)).toEqual(['btcusdt@trade']);
    expect(changeOf(board, demand('b', [...bad.slice(1_200), 'ethusdt@trade'])).refused).toEqual([]);
    expect(wanted(board)).toEqual(['btcusdt@trade', 'ethusdt@trade']);
  });

  it('lets what is always on go first, then who came first', () => {
    const board = boardOf(['btcusdt@depth'], 2);
    changeOf(board, demand('a', ['ethusdt@trade', 'bnbusdt@trade']));
    expect([...board.wanted().streams.keys()]).toEqual(['btcusdt@depth', 'ethusdt@trade']);
    expect([...board.wanted().leftOut.keys()]).toEqual(['bnbusdt@trade']);
  });

  it('shares what there is room for between edges: who wants few gets all of them, whoever came first', () => {
    const board = boardOf(['btcusdt@depth'], 6);
    const many = Array.from({ length: 6 }, (_, at) => `coin${at}usdt@trade`);
    changeOf(board, demand('greedy', many));
    changeOf(board, demand('modest', ['ethusdt@trade', 'bnbusdt@trade']));
    expect(wanted(board)).toEqual(['bnbusdt@trade', 'btcusdt@depth', ...many.slice(0, 3), 'ethusdt@trade']);
    expect([...board.wanted().leftOut.keys()]).toEqual(many.slice(3));
    changeOf(board, demand('modest', []));
    expect(wanted(board)).toEqual(['btcusdt@depth', ...many.slice(0, 5)]);
  });

  it('gives the last places to the same ones, whoever speaks last', () => {
    const board = boardOf([], 3);
    changeOf(board, demand('a', ['a1@trade', 'a2@trade']));
    changeOf(board, demand('b', ['b1@trade', 'b2@trade']));
    expect(wanted(board)).toEqual(['a1@trade', 'a2@trade', 'b1@trade']);
    changeOf(board, JSON.stringify({ edge: 'a', streams: ['a1@trade', 'a2@trade'], epoch: 7 }));
    expect(wanted(board)).toEqual(['a1@trade', 'a2@trade', 'b1@trade']);
  });

  it('leaves out what is not listed, which takes nobody’s room', () => {
    const board = boardOf([], 2);
    changeOf(board, demand('a', ['x1@trade', 'a@trade', 'b@trade']));
    const { streams, leftOut, unlisted } = board.wanted(({ name }) => !name.startsWith('x'));
    const names = [streams, leftOut, unlisted].map((some) => Array.from(some.keys()));
    expect(names).toEqual([['a@trade', 'b@trade'], [], ['x1@trade']]);
  });

  it('takes no more of one edge than twice what all may want together', () => {
    const board = boardOf([], 3);
    const many = Array.from({ length: 50 }, (_, at) => `coin${at}usdt@trade`);
    changeOf(board, demand('greedy', many));
    expect(board.read(0)).toEqual([{ edge: 'greedy', streams: 6, silentMs: 0 }]);
  });

  it('says who wants how much and was heard when, and in which term an edge is', () => {
    const board = boardOf([], 100);
    expect(changeOf(board, JSON.stringify({ edge: 'a', streams: ['btcusdt@trade'], epoch: 7 }), 10.4).epoch).toBe(7);
    changeOf(board, demand('b', []), 1_000);
    expect(board.read(2_000)).toEqual([
      { edge: 'a', streams: 1, silentMs: 1_990 },
      { edge: 'b', streams: 0, silentMs: 1_000 },
    ]);
  });

  it('says of what it refuses what was expected', () => {
    expect(boardOf([], 1).take('junk', 0)).toMatchObject({
      problem: 'not a demand: expected {"edge":…,"streams":[…]}',
    });
  });

  it('does not take what is wanted again for given up, and forgets after a minute that it was', () => {
    const board = boardOf([], 100);
    changeOf(board, demand('a', ['btcusdt@trade']), 0);
    expect(board.expire(10_001)).toBe(true);
    board.expire(70_001);
    expect(board.isUnheard('btcusdt@trade')).toBe(true);
    board.expire(70_002);
    expect(board.isUnheard('btcusdt@trade')).toBe(false);
  });
});
