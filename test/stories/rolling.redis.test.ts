import { beforeAll, expect, it, onTestFinished } from 'vitest';
import { edgeInside } from '../support/balanced-edges.js';
import { assertBuilt, dist } from '../support/built.js';
import { Rolling } from '../support/rolling.js';

beforeAll(assertBuilt);

/** The short form of `npm run soak -- --restarts 200`. Edges in processes of their own are replaced in kubernetes.redis.test.ts. */
it(
  'clients of edges that are replaced, two at once, lose no connection, miss nothing and get nothing twice',
  { timeout: 180_000 },
  async () => {
    const rolling = await Rolling.start({ dist, clients: 12, edges: 2, pace: 1, startEdge: edgeInside });
    onTestFinished(() => rolling.stop());
    await rolling.replaceEdges(2);
    expect(await rolling.complaints()).toEqual([]);
    expect(rolling.told).toBeGreaterThanOrEqual(12);
  },
);
