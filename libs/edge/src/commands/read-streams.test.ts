import { describe, expect, it } from 'vitest';
import { HoldfastError } from '#libs/core';
import { NotedSocket, sessionOn } from '../door/session.rig.js';
import { readStreams } from './read-streams.js';

/** The names understood, or why they were refused. */
function read(path: string, ...names: string[]): unknown {
  try {
    const read = readStreams(sessionOn(path, 1, new NotedSocket()), names);
    return [...read].map(([name, parsed]) => (parsed ? [name, parsed.name] : name));
  } catch (error) {
    if (!(error instanceof HoldfastError)) throw error;
    return { code: error.code, message: error.message, blamed: Object.keys(error.streams ?? {}) };
  }
}

const ALIAS = 'btcusdt@depth@1000ms';

describe('the names in a command', () => {
  it('are understood in their order', () => {
    const names = ['btcusdt@trade', 'btcusdt@depth'];
    expect(read('/v1', ...names)).toEqual(names.map((name) => [name, name]));
    expect(read('/ws')).toEqual([]);
  });

  it('are refused whole where one is none, which is named', () => {
    const refusal = { code: 'bad-stream', blamed: ['btcusdt@trad'] };
    expect(read('/v1', 'btcusdt@trade', 'btcusdt@trad')).toMatchObject(refusal);
    expect(read('/v1', 'btcusdt@trad', 'btcusdt@trade')).toMatchObject(refusal);
  });

  it('may be anything on Binance’s wire: what is none is one all the same, of nothing', () => {
    const silent = ['btcusdt@trad', '!ticker@arr', 'BTCUSDT@trade', '0'];
    expect(read('/ws', ...silent, 'btcusdt@trade')).toEqual([...silent, ['btcusdt@trade', 'btcusdt@trade']]);
  });

  it('may be Binance’s other ones on its wire, and are one each on ours', () => {
    expect(read('/ws', ALIAS)).toEqual([[ALIAS, 'btcusdt@depth']]);
    expect(read('/v1', 'btcusdt@depth', ALIAS)).toEqual({
      code: 'bad-stream',
      message: `${ALIAS} is Binance's other name for btcusdt@depth: use btcusdt@depth`,
      blamed: [ALIAS],
    });
  });

  it('are named that share the fault of the first, and no others', () => {
    expect(read('/v1', '!ticker@arr', 'x@y', '!ticker@arr')).toMatchObject({
      code: 'retired-stream',
      blamed: ['!ticker@arr'],
    });
    expect(read('/v1', 'x@y', '!ticker@arr', 'y@z')).toMatchObject({ code: 'bad-stream', blamed: ['x@y', 'y@z'] });
  });

  it('are not read to their end where ten are wrong already', () => {
    const wrong = Array.from({ length: 12 }, (_, at) => `x${at}@y`);
    expect(read('/v1', ...wrong)).toMatchObject({ blamed: wrong.slice(0, 10) });
  });
});
