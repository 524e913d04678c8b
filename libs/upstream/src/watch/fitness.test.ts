import { beforeEach, describe, expect, it } from 'vitest';
import { Fitness } from './fitness.js';

const LAG_MS = 1_000;
const STEP_MS = 100;

let now: number;
let dataAt: number | undefined;
let fitness: Fitness;
/** What has changed, and when. */
let changes: string[];

beforeEach(() => {
  now = 100_000;
  dataAt = undefined;
  changes = [];
  fitness = new Fitness({ dataAt: () => dataAt, lagMs: LAG_MS, sleepMs: 2_000 });
});

/** Time goes by. @param isBringing whether data comes at every look. */
function pass(ms: number, isBringing: boolean, turn: Parameters<Fitness['look']>[0] = 'ours'): void {
  for (const end = now + ms; now < end;) {
    now += STEP_MS;
    if (isBringing) dataAt = now;
    const change = fitness.look(turn, now);
    if (change) changes.push(`${change} ${now - 100_000}`);
  }
}

describe('whoever publishes', () => {
  it('is unfit when its lines have brought nothing for three times as long as one may be behind another', () => {
    pass(1_000, true);
    pass(2_900, false);
    expect(changes).toEqual([]);
    pass(100, false);
    expect([changes, fitness.silentMs(now)]).toEqual([['unfit 4000'], 3 * LAG_MS]);
  });

  it('is unfit also when those lines are gone', () => {
    pass(1_000, true);
    dataAt = undefined;
    pass(3_000, false);
    expect(changes).toEqual(['unfit 4000']);
  });

  it('is fit again with the next data', () => {
    pass(1_000, true);
    pass(3_000, false);
    pass(500, false, 'yielding');
    expect(changes).toHaveLength(1);
    pass(100, true, 'yielding');
    expect(changes.slice(1)).toEqual(['fit 4600']);
  });

  it('is given time where nobody else had anything', () => {
    pass(1_000, true);
    pass(3_000, false);
    pass(5_000, false, 'yielding');
    changes.length = 0;
    pass(2_900, false);
    expect(changes).toEqual([]);
    pass(300, false);
    expect(changes).toHaveLength(1);
  });

  it('is given ten times as long where nothing has come since it is its turn: nobody passes it on and on', () => {
    pass(5_000, true, 'theirs');
    pass(29_900, false);
    expect(changes).toEqual([]);
    pass(200, false);
    expect(changes).toHaveLength(1);
  });

  it('is not judged by what came while its process stood still', () => {
    pass(1_000, true);
    now += 60_000;
    pass(2_900, false);
    expect(changes).toEqual([]);
  });
});

describe('whoever stands by', () => {
  const has = (silentMs: number): boolean => fitness.hasBrought(silentMs, now);

  it('has brought what the other one should have by now, while that one heard nothing', () => {
    pass(5_000, true, 'theirs');
    expect([has(3_000), has(2_000), has(1_900)]).toEqual([true, true, false]);
  });

  it('does not count what the other one may still be about to hear, nor what it had heard', () => {
    pass(100, true, 'theirs');
    pass(900, false, 'theirs');
    expect(has(3_000)).toBe(false);
    pass(100, false, 'theirs');
    expect(has(3_000)).toBe(true);
    pass(1_000, false, 'theirs');
    expect([has(3_000), has(2_900)]).toEqual([true, false]);
  });

  it('has nothing where the market rests', () => {
    pass(100, true, 'theirs');
    pass(60_000, false, 'theirs');
    expect(has(60_000)).toBe(false);
  });
});
