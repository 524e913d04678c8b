import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { UpstreamWalk, happenings, walkSettings } from '../../../test/support/model/upstream-walk.js';

describe('an upstream, whatever happens to it', () => {
  /** Long: `npm run fuzz -- --upstream`. */
  it('loses nothing without a word, keeps every limit, calls nothing live that is not, and is whole again when all is calm', async () => {
    await fc.assert(
      fc.asyncProperty(
        happenings,
        fc.integer({ min: 1, max: 1_000_000 }),
        walkSettings,
        async (walk, seed, settings) => {
          expect(await UpstreamWalk.along(walk, seed, settings)).toEqual([]);
        },
      ),
      { numRuns: 25 },
    );
  }, 60_000);
});
