import { beforeAll, expect, it, onTestFinished } from 'vitest';
import { edgeProcess } from '../support/balanced-edges.js';
import { assertBuilt, dist } from '../support/built.js';
import { Rolling } from '../support/rolling.js';

beforeAll(assertBuilt);

/** The short form of `npm run soak -- --restarts 200`. */
it(
  'clients of edges that are replaced, two and two, lose no connection, miss nothing and get nothing twice',
  { timeout: 180_000 },
  async () => {
    const rolling = await Rolling.start({ dist, clients: 12, edges: 2, startEdge: edgeProcess });
    onTestFinished(() => rolling.stop());
    for (let wave = 0; wave < 2; wave += 1) await rolling.replaceEdges(2);
    expect(await rolling.complaints()).toEqual([]);
    expect(rolling.told).toBeGreaterThanOrEqual(24);
  },
);
