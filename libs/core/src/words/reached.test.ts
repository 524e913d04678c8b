import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  MOST_REACHED,
  asksReached,
  decodeMark,
  decodeReached,
  encodeDemandCall,
  encodeMark,
  encodeReached,
  eventOf,
  isMarketEvent,
} from '../index.js';

const mark = { place: { epoch: 7, seq: 3 }, event: '{"type":"trade","stream":"a@trade","epoch":7,"seq":3}' };

describe('what an edge has reached', () => {
  it('is read as it was written, with the last heartbeat and without', () => {
    for (const reached of [
      { edge: 'e', marks: [mark] },
      { edge: 'e', beat: { epoch: 7, at: 1 }, marks: [] },
      { edge: 'e', marks: [mark], part: [1, 2] as [number, number] },
    ]) {
      expect(decodeReached(encodeReached(reached))).toEqual(reached);
    }
  });

  it('is read without the marks that are none, and for so many and no more', () => {
    const marks = [mark, null, {}, { ...mark, place: 7 }, { ...mark, event: {} }];
    expect(decodeReached(JSON.stringify({ edge: 'e', beat: { epoch: 'x', at: 1 }, marks }))).toEqual({
      edge: 'e',
      marks: [mark],
    });
    expect(decodeReached('{"edge":"e","beat":{"epoch":7,"at":"1"},"marks":[]}')).toEqual({ edge: 'e', marks: [] });
    const many = Array.from({ length: MOST_REACHED + 1 }, () => mark);
    expect(decodeReached(JSON.stringify({ edge: 'e', marks: many }))?.marks).toHaveLength(MOST_REACHED);
  });

  it.each(['[0]', '[0,1,2]', '[1,1]', '[-1,1]', '["0",1]', '[0,1.5]', '7', 'null'])(
    'is read without a part where that is %s',
    (part) => expect(decodeReached(`{"edge":"e","marks":[],"part":${part}}`)).toEqual({ edge: 'e', marks: [] }),
  );

  it.each(['', 'null', '[]', '{"edge":"e"}', '{"edge":"","marks":[]}', '{"edge":7,"marks":[]}', '{"marks":[]}'])(
    '%s is nothing',
    (text) => expect(decodeReached(text)).toBeUndefined(),
  );

  it('of an edge with an endless name is nothing', () => {
    const of = (length: number) => decodeReached(encodeReached({ edge: 'x'.repeat(length), marks: [] }));
    expect([of(200)?.edge.length, of(201)]).toEqual([200, undefined]);
  });

  it('is asked for in the call for demand', () => {
    expect([encodeDemandCall(true), encodeDemandCall(false)].map(asksReached)).toEqual([true, false]);
    expect(['', 'null', '{"reached":1}'].map(asksReached)).toEqual([false, false, false]);
  });
});

describe('a mark', () => {
  it('is read as it was written, and its event with it', () => {
    expect(decodeMark(encodeMark(mark))).toEqual(mark);
    expect(eventOf(mark)).toEqual({ type: 'trade', stream: 'a@trade', epoch: 7, seq: 3 });
  });

  it('may have a book for its event, which is no event of the market', () => {
    const book = eventOf({ ...mark, event: '{"type":"book","stream":"a@depth","epoch":7,"seq":3}' });
    expect(book).toEqual({ type: 'book', stream: 'a@depth', epoch: 7, seq: 3 });
    expect([isMarketEvent(book!), isMarketEvent(eventOf(mark)!)]).toEqual([false, true]);
  });

  it('has no event where its text is none of the market, nor a book', () => {
    for (const event of ['', 'null', '{"type":"feed","stream":"a@trade","epoch":7,"seq":3}']) {
      expect(eventOf({ ...mark, event })).toBeUndefined();
    }
  });

  it('is never a reason to throw, nor is what an edge has reached', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string({ unit: 'binary' }), fc.json()), (text) => {
        const read = [decodeMark(text), decodeReached(text), asksReached(text), eventOf({ ...mark, event: text })];
        expect(read).toHaveLength(4);
      }),
    );
  });
});
