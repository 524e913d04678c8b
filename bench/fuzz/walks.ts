import * as fc from 'fast-check';
import { UpstreamWalk, happenings, walkSettings } from '../../test/support/model/upstream-walk.js';

/** Walks whole upstreams through random incidents until the time is over. Throws with the smallest walk that went wrong. */
export async function walkUpstreams(seed: number, forMs: number): Promise<void> {
  let walks = 0;
  const property = fc.asyncProperty(happenings, fc.nat(), walkSettings, async (walk, chance, settings) => {
    const faults = await UpstreamWalk.along(walk, chance, settings);
    if (faults.length > 0) throw new Error(faults.join('\n'));
    walks += 1;
  });
  await fc.assert(property, { seed, numRuns: 2 ** 30, interruptAfterTimeLimit: forMs });
  console.log(`seed ${seed}: ${walks} walks of an upstream in ${forMs / 1_000} s, every promise kept at every step`);
}
