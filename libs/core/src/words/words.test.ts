import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  MOST_MISSED,
  MOST_PLACES_IN_BEAT,
  MOST_WELCOMES,
  decodeDemand,
  decodeHeartbeat,
  encodeDemand,
  encodeHeartbeat,
  isAfter,
  isPlace,
  isSamePlace,
  readMissedAnswer,
  readMissedQuestion,
  readWelcomeAnswer,
  readWelcomeQuestion,
} from '../index.js';

const places = fc.record({ epoch: fc.nat(3), seq: fc.nat(3) });

describe('a place', () => {
  it('is before, at, or after another one, and never two of these', () => {
    fc.assert(
      fc.property(places, places, (some, other) => {
        expect([isAfter(some, other), isSamePlace(some, other), isAfter(other, some)].filter(Boolean)).toHaveLength(1);
      }),
    );
  });

  it('is later in a newer term, whatever its position', () => {
    expect(isAfter({ epoch: 2, seq: 1 }, { epoch: 1, seq: 900 })).toBe(true);
    expect(isAfter({ epoch: 1, seq: 900 }, { epoch: 2, seq: 1 })).toBe(false);
  });

  it.each([[null], ['x'], [{}], [{ epoch: 1 }], [{ epoch: 1.5, seq: 1 }], [{ epoch: '1', seq: 1 }]])(
    '%j is none',
    (value) => expect(isPlace(value)).toBe(false),
  );
});

describe('a demand', () => {
  it('is read as it was written', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1, maxLength: 200 }), fc.array(fc.string()), (edge, streams) => {
        expect(decodeDemand(encodeDemand({ edge, streams }))).toEqual({ edge, streams });
      }),
    );
  });

  it.each(['', '{', 'null', '[]', '{}', '{"edge":"","streams":[]}', '{"edge":"a","streams":[1]}', '{"edge":"a"}'])(
    '%s is none',
    (text) => expect(decodeDemand(text)).toBeUndefined(),
  );

  it('of an edge with an endless name is none', () => {
    expect(decodeDemand(encodeDemand({ edge: 'x'.repeat(201), streams: [] }))).toBeUndefined();
    expect(decodeDemand(encodeDemand({ edge: 'x'.repeat(200), streams: [] }))).toBeDefined();
  });
});

it('a demand may say which term the edge has seen', () => {
  expect(decodeDemand(encodeDemand({ edge: 'a', streams: [], epoch: 7 }))).toEqual({
    edge: 'a',
    streams: [],
    epoch: 7,
  });
  expect(decodeDemand('{"edge":"a","streams":[],"epoch":"7"}')).toEqual({ edge: 'a', streams: [] });
});

describe('a heartbeat', () => {
  it('is read as it was written', () => {
    const places = new Map([
      ['btcusdt@trade', 3],
      ['__proto__', 9_007_199_254_740_991],
    ]);
    expect(decodeHeartbeat(encodeHeartbeat({ epoch: 7, at: 1.5, places }))).toEqual({ epoch: 7, at: 1.5, places });
    const deaf = { epoch: 7, at: 1.5, places, isDeaf: true } as const;
    expect(decodeHeartbeat(encodeHeartbeat(deaf))).toEqual(deaf);
  });

  it('counts as one without its places, and without those that are none', () => {
    const placesOf = (places: string): [string, number][] => [
      ...(decodeHeartbeat(`{"epoch":7,"at":1${places}}`)?.places ?? [['none', 0]]),
    ];
    for (const none of ['', ',"places":null', ',"places":7', ',"places":"text"', ',"places":[]']) {
      expect(placesOf(none)).toEqual([]);
    }
    expect(placesOf(',"places":{"a":1,"b":"2","c":1.5,"d":null,"e":1e99,"f":[]}')).toEqual([['a', 1]]);
  });

  it('is read for so many places and no more', () => {
    const places = Object.fromEntries(Array.from({ length: MOST_PLACES_IN_BEAT + 10 }, (_, at) => [`s${at}`, at]));
    expect(decodeHeartbeat(JSON.stringify({ epoch: 7, at: 1, places }))?.places.size).toBe(MOST_PLACES_IN_BEAT);
  });

  it.each(['', 'null', '{"epoch":"7","at":1}', '{"epoch":7}'])('%s is none', (text) =>
    expect(decodeHeartbeat(text)).toBeUndefined(),
  );
});

describe('a welcome', () => {
  const welcome = { stream: 'a@trade', place: { epoch: 1, seq: 2 }, feed: '{}', latest: [] };

  it('is asked for with names, at most so many at once', () => {
    expect(readWelcomeQuestion({ streams: ['a@trade'] })).toEqual({ streams: ['a@trade'] });
    expect(readWelcomeQuestion({ streams: Array.from({ length: MOST_WELCOMES + 1 }, () => 'a') })).toBeUndefined();
    expect(readWelcomeQuestion({ streams: Array.from({ length: MOST_WELCOMES }, () => 'a') })).toBeDefined();
    expect(readWelcomeQuestion(undefined)).toBeUndefined();
  });

  it('is taken from an answer, and what is none is left out', () => {
    const wrong = [
      { ...welcome, place: 7 },
      { ...welcome, stream: 7 },
      { ...welcome, feed: 7 },
      { ...welcome, latest: 7 },
    ];
    expect(readWelcomeAnswer({ welcomes: [welcome, {}, null, ...wrong] })).toEqual({
      welcomes: [welcome],
    });
    expect(readWelcomeAnswer('x')).toEqual({ welcomes: [] });
  });

  it('may say what its term goes on behind, and then says it well', () => {
    const opening = { follows: { epoch: 0, seq: 9 }, to: 2 };
    const wrong = [{ ...opening, to: 0 }, { to: 2 }, { ...opening, follows: 7 }, null];
    const welcomes = [opening, ...wrong].map((one) => Object.assign({}, welcome, { opening: one }));
    expect(readWelcomeAnswer({ welcomes })).toEqual({ welcomes: [{ ...welcome, opening }] });
  });
});

describe('what an edge asks another one for', () => {
  const question = { stream: 'a@trade', epoch: 7, after: 3, to: 5 };

  it('is some messages of one stream, and not too many', () => {
    expect(readMissedQuestion({ ...question, more: 1 })).toEqual(question);
    expect(readMissedQuestion({ ...question, to: 3 + MOST_MISSED })).toMatchObject({ to: 3 + MOST_MISSED });
    const none = [{ to: 3 }, { to: 4 + MOST_MISSED }, { after: '3' }, { epoch: 0.5 }, { stream: 7 }, { to: undefined }];
    for (const wrong of none) expect(readMissedQuestion({ ...question, ...wrong })).toBeUndefined();
    expect(readMissedQuestion(undefined)).toBeUndefined();
  });

  it('is answered with texts', () => {
    expect(readMissedAnswer({ texts: ['a', 'b'] })).toEqual({ texts: ['a', 'b'] });
    expect(readMissedAnswer({ texts: [] })).toEqual({ texts: [] });
    for (const wrong of [undefined, {}, { texts: ['a', 3] }, { texts: 'a' }])
      expect(readMissedAnswer(wrong)).toBeUndefined();
  });
});
