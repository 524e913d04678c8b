import { beforeEach, describe, expect, it } from 'vitest';
import { MemoryBus } from '#libs/bus';
import { encodeHeartbeat } from '#libs/core';
import { FakeClock } from '../../../../test/support/fake-clock.js';
import { OthersHeard } from './others-heard.js';

const OURS = 50;

let clock: FakeClock;
let others: OthersHeard;
let heard: unknown[];
let beat: (epoch: number) => void;

beforeEach(async () => {
  clock = new FakeClock();
  const { messages } = new MemoryBus({ clock });
  heard = [];
  others = new OthersHeard({
    messages,
    channel: 'beats',
    clock,
    isOurs: (epoch) => epoch === OURS,
    heard: (epoch, isAgain) => void heard.push(`${epoch}${isAgain ? ' again' : ''}`),
  });
  await others.start();
  beat = (epoch) => messages.publish('beats', encodeHeartbeat({ epoch, at: 1, places: new Map() }));
});

describe('of others who publish', () => {
  it('the newest one is known, by our own clock, and our own beats are none', () => {
    for (const epoch of [OURS, 40, 40, 60, 40, OURS]) beat(epoch);
    expect(heard).toEqual(['40', '40 again', '60']);
    expect([others.beat, others.newest]).toEqual([{ epoch: 60, at: clock.now() }, 60]);
  });

  it('nobody is there any more whose last beat was four seconds ago', () => {
    beat(60);
    clock.advance(3_999);
    expect(others.hasGhostAbove(59, clock.now())).toBe(false);
    clock.advance(1);
    expect(others.hasGhostAbove(59, clock.now())).toBe(true);
  });

  it('a term that edges have seen is that of nobody where he has not shown himself two seconds later', () => {
    others.sees(60);
    clock.advance(1_999);
    expect(others.hasGhostAbove(OURS, clock.now())).toBe(false);
    clock.advance(1);
    expect([others.hasGhostAbove(OURS, clock.now()), others.hasGhostAbove(60, clock.now())]).toEqual([true, false]);
    beat(60);
    expect(others.hasGhostAbove(OURS, clock.now())).toBe(false);
  });

  it('nothing more is heard once it has stopped', () => {
    others.stop();
    beat(60);
    expect(others.beat).toBeUndefined();
  });
});
