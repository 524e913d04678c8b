import { expect, it } from 'vitest';
import { type Interests, type StreamInterest, copied, goOnFrom } from './interest.js';
import type { Present } from './present.js';

const STREAM = 'btcusdt@trade';
const how = (seq: number) => ({ place: { epoch: 1, seq } }) as unknown as Present;

const only = (some: Partial<StreamInterest>): Interests =>
  new Map([
    [
      STREAM,
      {
        stream: STREAM,
        standing: 'asked',
        isWanted: true,
        isBookWanted: false,
        lastEvents: 0,
        contract: { delivery: 'all' },
        asked: { delivery: 'all' },
        isToldFull: false,
        isBookBroken: false,
        ...some,
      },
    ],
  ]);

it('how a stream stood on the connection before goes along to the next one, also while no connection serves it', () => {
  const pastOf = (interests: Interests) => copied(interests).get(STREAM)?.past;
  expect(pastOf(only({ present: how(7), past: how(5) }))).toEqual(how(7));
  expect(pastOf(only({ past: how(5) }))).toEqual(how(5));
});

it('a connection that takes over goes on with a book as the other one had it, and with its own where that had none', () => {
  const broken = only({ isBookBroken: true });
  goOnFrom(only({ isBookBroken: false }), broken);
  expect(broken.get(STREAM)?.isBookBroken).toBe(true);
  goOnFrom(only({ isBookBroken: false, present: how(7) }), broken);
  expect(broken.get(STREAM)?.isBookBroken).toBe(false);
});
