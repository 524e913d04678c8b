import { describe, expect, it } from 'vitest';
import { DemandBoard } from './demand-board.js';

const demand = (edge: string, streams: unknown, more = {}): string => JSON.stringify({ edge, streams, ...more });

function changeOf(board: DemandBoard, text: string, now = 0) {
  const taken = board.take(text, now);
  if (!taken.ok) throw new Error(taken.problem);
  return taken.value;
}

const wanted = (board: DemandBoard): string[] => [...board.wanted().keys()].sort();

describe('the demand board', () => {
  it('wants what any edge wants, and what is always on', () => {
    const board = new DemandBoard(['btcusdt@depth'], 100);
    changeOf(board, demand('a', ['btcusdt@trade']));
    changeOf(board, demand('b', ['btcusdt@trade', 'ethusdt@trade']));
    expect(wanted(board)).toEqual(['btcusdt@depth', 'btcusdt@trade', 'ethusdt@trade']);
    changeOf(board, demand('b', []));
    expect(wanted(board)).toEqual(['btcusdt@depth', 'btcusdt@trade']);
  });

  it('welcomes an edge to what is new to it, or to all when it asks again', () => {
    const board = new DemandBoard([], 100);
    expect(changeOf(board, demand('a', ['btcusdt@trade'])).newcomers).toEqual(['btcusdt@trade']);
    expect(changeOf(board, demand('a', ['btcusdt@trade', 'ethusdt@trade'])).newcomers).toEqual(['ethusdt@trade']);
    expect(changeOf(board, demand('a', ['btcusdt@trade'], { again: true })).newcomers).toEqual(['btcusdt@trade']);
    expect(changeOf(board, demand('b', ['btcusdt@trade'])).newcomers).toEqual(['btcusdt@trade']);
  });

  it('forgets an edge that has gone silent, unless nobody could be heard', () => {
    const board = new DemandBoard([], 100);
    changeOf(board, demand('a', ['btcusdt@trade']), 0);
    expect(board.expire(10_000)).toBe(false);
    board.pardon(20_000);
    expect(board.expire(29_000)).toBe(false);
    expect(board.expire(30_001)).toBe(true);
    expect(wanted(board)).toEqual([]);
  });

  it('trusts nobody: refuses bad names once each, bounds the streams, survives any text', () => {
    const board = new DemandBoard([], 3);
    const { refused } = changeOf(board, demand('a', ['BTCUSDT@trade', 'nonsense', '!ticker@arr']));
    expect(refused).toHaveLength(3);
    expect(changeOf(board, demand('a', ['nonsense'])).refused).toEqual([]);
    const many = Array.from({ length: 50 }, (_, at) => `coin${at}usdt@trade`);
    changeOf(board, demand('b', many));
    changeOf(board, demand('c', many.slice(10)));
    expect(wanted(board)).toHaveLength(3);
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
});
