import { beforeEach, describe, expect, it } from 'vitest';
import type { Epoch, StreamName } from '#libs/core';
import { silentLog } from '#libs/runtime';
import { FakeClock } from '../../../../test/support/fake-clock.js';
import type { Series } from '../streams/series.js';
import { LeadEffects } from './lead-effects.js';
import type { LeadHappening, LeadState } from './table.js';
import type { KnownOfBefore } from './taking-over.js';

const LONGEST_MS = 60_000;

let clock: FakeClock;
let state: LeadState;
let happened: LeadHappening[];
let fences: ((isFenced: boolean) => void)[];
let begun: { epoch: Epoch; before: KnownOfBefore }[];
let beat: { epoch: Epoch; at: number } | undefined;
let streams: { epoch: Epoch; isMuted: boolean; wanted: Map<StreamName, Series>; mute: () => void };
let effects: LeadEffects;

beforeEach(() => {
  clock = new FakeClock(1_000_000);
  state = 'succeeding';
  happened = [];
  fences = [];
  begun = [];
  beat = undefined;
  streams = { epoch: 5, isMuted: true, wanted: new Map(), mute: () => undefined };
  effects = new LeadEffects({
    keeper: {
      term: 9,
      isEntered: true,
      hasHeardAll: true,
      lookEveryMs: 100,
      fence: () => new Promise((resolve) => fences.push(resolve)),
    } as never,
    others: {
      newest: 0,
      get beat() {
        return beat;
      },
    } as never,
    succession: { giveUp: () => undefined } as never,
    streams: streams as never,
    listening: { begin: () => undefined, end: () => new Map() } as never,
    takingOver: {
      waiting: 0,
      stop: () => undefined,
      begin: (epoch: Epoch, before: KnownOfBefore) => {
        streams.epoch = epoch;
        begun.push({ epoch, before });
      },
    } as never,
    fitness: { silentMs: () => 0 },
    clock,
    log: silentLog,
    longestDowntimeMs: LONGEST_MS,
    state: () => state,
    happened: (happening) => void happened.push(happening),
    beat: () => undefined,
    mark: () => undefined,
    unmark: () => undefined,
  });
});

const settle = async (): Promise<void> => {
  for (let turn = 0; turn < 10; turn += 1) await Promise.resolve();
};

describe('who takes a lease', () => {
  it('begins its term once, though it was told twice that all others can say nothing more', async () => {
    for (let chain = 0; chain < 2; chain += 1) void effects.carryOut(['fence']);
    fences[0]?.(true);
    await settle();
    expect(happened).toEqual(['fenced']);
    await effects.carryOut(['succeed']);
    // Edges turned out to know a higher term: it is to begin another one.
    state = 'succeeding';
    fences[1]?.(true);
    await settle();
    expect([happened, begun.length]).toEqual([['fenced'], 1]);
  });

  it('looks again where it does not hold it any more when all was heard', async () => {
    void effects.carryOut(['fence']);
    fences[0]?.(false);
    await settle();
    expect(happened).toEqual([]);
    clock.advance(100);
    expect(happened).toEqual(['failed']);
  });
});

describe('streams go on', () => {
  const goneSince = async (agoMs: number): Promise<number | undefined> => {
    beat = { epoch: 5, at: clock.now() - agoMs };
    await effects.carryOut(['succeed']);
    return begun.at(-1)?.before.goneSince;
  };

  it('where somebody was heard to publish not too long ago, and begin anew where nobody was', async () => {
    expect(await goneSince(LONGEST_MS)).toBeUndefined();
    expect(await goneSince(LONGEST_MS + 1)).toBe(clock.wallAt(clock.now() - LONGEST_MS - 1));
  });

  it('where we have published ourselves meanwhile', async () => {
    streams.isMuted = false;
    await effects.carryOut(['step-down']);
    expect(await goneSince(LONGEST_MS + 1)).toBeUndefined();
  });
});
