import { expect, it } from 'vitest';
import { wideOutage } from '../support/wide-outage.js';

/** The short form of `npm run soak -- --outage 200`. */
it(
  'an outage of many streams is filled within the weight there is, near levels of books first',
  { timeout: 90_000 },
  async () => {
    const { says, complaints, nearMs, weight } = await wideOutage({ symbols: 40, outageMs: 3_000, patienceMs: 60_000 });
    process.stdout.write(`${says}\n`);
    expect(complaints).toEqual([]);
    expect(nearMs).toBeLessThan(15_000);
    expect(weight).toBeLessThanOrEqual(6_000);
  },
);
