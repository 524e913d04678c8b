import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PHASES, type StreamHappening, type StreamPhase, isDoubted, isFollowed, step } from './table.js';

const HAPPENINGS: readonly StreamHappening[] = [
  'event',
  'feed',
  'lost',
  'replaced',
  'welcome',
  'confirmed',
  'silence',
  'overdue',
];

/** The next phase and what is told, in each cell; a cell that is not here is a happening that changes nothing. */
const EXPECTED: Partial<Record<`${StreamPhase} ${StreamHappening}`, string>> = {
  'awaited welcome': 'followed, introduction',
  'awaited confirmed': 'followed, introduction',
  'awaited silence': 'unheard, doubt',
  'awaited overdue': 'followed, nothing',
  'unheard feed': 'awaited, nothing',
  'unheard welcome': 'followed, introduction',
  'unheard confirmed': 'followed, introduction',
  'unheard silence': 'unheard, doubt',
  'unheard overdue': 'doubted, nothing',
  'followed event': 'followed, message',
  'followed feed': 'followed, message',
  'followed lost': 'followed, gap',
  'followed replaced': 'followed, gap',
  'followed welcome': 'followed, restatement',
  'followed silence': 'doubted, doubt',
  'doubted event': 'doubted, message',
  'doubted feed': 'followed, message',
  'doubted lost': 'doubted, gap',
  'doubted replaced': 'doubted, gap',
  'doubted welcome': 'followed, restatement',
  'doubted confirmed': 'followed, restatement',
  'doubted silence': 'doubted, doubt',
};

describe('the table of a stream', () => {
  for (const phase of PHASES) {
    for (const happening of HAPPENINGS) {
      const expected = EXPECTED[`${phase} ${happening}`];
      it(`${phase} + ${happening}: ${expected ?? 'nothing changes'}`, () => {
        const [next, telling = 'nothing'] = step(phase, happening);
        expect(`${next}, ${telling}`).toBe(expected ?? `${phase}, nothing`);
      });
    }
  }

  it.each(PHASES)('counts who is %s as one who follows exactly where messages are told', (phase) => {
    expect(isFollowed(phase)).toBe(step(phase, 'event')[1] === 'message');
  });

  it('never sends a live message before the stream was introduced or is overdue, whatever happens', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...HAPPENINGS), { maxLength: 40 }), (happenings) => {
        let phase: StreamPhase = 'awaited';
        let isKnown = false;
        for (const happening of happenings) {
          const [next, telling] = step(phase, happening);
          if (telling === 'introduction' || happening === 'overdue') isKnown = true;
          const isLive = telling === 'message' || telling === 'gap' || telling === 'restatement';
          expect(isLive && !isKnown).toBe(false);
          expect(telling === 'introduction' && isFollowed(phase)).toBe(false);
          phase = next;
        }
      }),
    );
  });

  it('says what this edge believes exactly as long as no upstream has said otherwise', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...HAPPENINGS), { maxLength: 40 }), (happenings) => {
        let phase: StreamPhase = 'awaited';
        let isSilent = false;
        for (const happening of happenings) {
          [phase] = step(phase, happening);
          if (happening === 'silence') isSilent = true;
          if (['feed', 'welcome', 'confirmed'].includes(happening)) isSilent = false;
          expect(isDoubted(phase)).toBe(isSilent);
        }
      }),
    );
  });
});
