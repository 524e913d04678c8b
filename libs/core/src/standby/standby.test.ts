import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  MOST_STANDING,
  decodeLeaseLeft,
  encodeLeaseLeft,
  readStandingAnswer,
  readStandingQuestion,
  readSuccessionAnswer,
  readSuccessionQuestion,
  readWithheldAnswer,
  readWithheldQuestion,
} from '../index.js';

const namesOf = (count: number): string[] => Array.from({ length: count }, (_, at) => `s${at}@trade`);

describe('a question how far streams have got', () => {
  it('names streams, and not too many', () => {
    expect(readStandingQuestion({ streams: ['a@trade'], more: 1 })).toEqual({ streams: ['a@trade'] });
    expect(readStandingQuestion({ streams: namesOf(MOST_STANDING) })?.streams).toHaveLength(MOST_STANDING);
    for (const none of [undefined, null, {}, { streams: 'a' }, { streams: [1] }, { streams: namesOf(101) }])
      expect(readStandingQuestion(none)).toBeUndefined();
  });
});

describe('an answer how far streams have got', () => {
  const bare = { stream: 'a@trade', place: { epoch: 7, seq: 3 } };
  const mark = { ...bare, event: '{}' };

  it('has a place of each, and the newest event where there was one', () => {
    expect(readStandingAnswer({ marks: [bare, mark] })).toEqual({ marks: [bare, mark] });
    expect(readStandingAnswer({ marks: [] })).toEqual({ marks: [] });
  });

  it('is read without the marks that are none, and for so many and no more', () => {
    const none = [null, 7, {}, { ...mark, stream: 7 }, { ...mark, place: 3 }, { ...mark, event: 7 }];
    expect(readStandingAnswer({ marks: [...none, mark] })).toEqual({ marks: [mark] });
    const many = namesOf(MOST_STANDING + 1).map((stream) => Object.assign({}, mark, { stream }));
    expect(readStandingAnswer({ marks: many })?.marks).toHaveLength(MOST_STANDING);
  });

  it.each([undefined, null, 'x', {}, { marks: {} }])('%j is none', (value) => {
    expect(readStandingAnswer(value)).toBeUndefined();
  });
});

describe('a question for what is withheld', () => {
  it.each([
    { stream: 'a@trade', from: 1 },
    { stream: 'a@trade', from: 1, to: 3 },
  ])('is %j', (question) => {
    expect(readWithheldQuestion({ ...question, more: 1 })).toEqual(question);
  });

  it.each([undefined, null, {}, { stream: 1, from: 1 }, { stream: 'a', from: '1' }, { stream: 'a', from: 1, to: '3' }])(
    'is not %j',
    (value) => {
      expect(readWithheldQuestion(value)).toBeUndefined();
    },
  );

  it('is answered with texts of events, and whether they are all', () => {
    expect(readWithheldAnswer({ events: ['{}'], isAll: true, more: 1 })).toEqual({ events: ['{}'], isAll: true });
    for (const none of [undefined, {}, { events: ['{}'] }, { events: [1], isAll: true }, { events: {}, isAll: false }])
      expect(readWithheldAnswer(none)).toBeUndefined();
  });
});

describe('a question who can go on', () => {
  it('names the term, and is answered with a token', () => {
    expect(readSuccessionQuestion({ term: 7, mostUnsure: 3, more: 1 })).toEqual({ term: 7, mostUnsure: 3 });
    const unfit = { term: 7, mostUnsure: 0, silentMs: 3_000 };
    expect(readSuccessionQuestion(unfit)).toEqual(unfit);
    expect(readSuccessionAnswer({ owner: 'b', more: 1 })).toEqual({ owner: 'b' });
    const junk = [{ term: 7 }, { term: '7', mostUnsure: 0 }, { term: 0.5, mostUnsure: 0 }, { ...unfit, silentMs: '3' }];
    for (const none of [undefined, {}, ...junk]) expect(readSuccessionQuestion(none)).toBeUndefined();
    for (const none of [undefined, {}, { owner: 7 }, { owner: '' }, { owner: 'x'.repeat(65) }])
      expect(readSuccessionAnswer(none)).toBeUndefined();
  });
});

describe('that a lease was left', () => {
  it('is read as it was written, with somebody who is meant and without', () => {
    for (const left of [
      { term: 7, next: 'b' },
      { term: 7, next: '' },
    ])
      expect(decodeLeaseLeft(encodeLeaseLeft(left))).toEqual(left);
  });

  it.each(['', 'null', '[]', '{}', '{"term":7}', '{"term":"7","next":""}', '{"term":7,"next":null}'])(
    '%s does not say it',
    (text) => expect(decodeLeaseLeft(text)).toBeUndefined(),
  );

  it('is not believed of somebody with an endless name', () => {
    const of = (length: number) => decodeLeaseLeft(encodeLeaseLeft({ term: 7, next: 'x'.repeat(length) }));
    expect([of(64)?.next.length, of(65)]).toEqual([64, undefined]);
  });
});

it('nothing of this ever throws, whatever comes', () => {
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 2 }), fc.string(), (value, text) => {
      const read = [readStandingQuestion, readStandingAnswer, readSuccessionQuestion, readSuccessionAnswer];
      expect(read.map((one) => one(value)).length + [text, JSON.stringify(value)].map(decodeLeaseLeft).length).toBe(6);
    }),
  );
});
