import { beforeEach, describe, expect, it } from 'vitest';
import type { Millis } from '#libs/core';
import { type HeardOfOthers, LeasePatience, type SeenLease } from './patience.js';

const LEASE_MS = 2_000;
const LOOK_MS = LEASE_MS / 20;
const held: SeenLease = { owner: 'a', term: 7, beat: 30, next: '' };
const nobody: HeardOfOthers = { beat: undefined, hasGathered: true, isUnsure: false, isDeaf: false };

let patience: LeasePatience;
let now: Millis;
beforeEach(() => {
  patience = new LeasePatience('me', LEASE_MS);
  now = 1_000;
});

/** Looks again and again until the lease may be claimed; how long that took. */
function waited(
  view: SeenLease | undefined,
  others: Partial<HeardOfOthers> = {},
  everyMs = LOOK_MS,
  mostMs = 20_000,
): Millis {
  const began = now;
  for (; now - began <= mostMs; now += everyMs) {
    if (patience.look(view, now, { ...nobody, ...others })) return now - began;
  }
  return Infinity;
}
/** So many looks that find it the same; whether one of them lets it be claimed. */
function looks(count: number, view: SeenLease | undefined = held): boolean {
  let isOpen = false;
  for (let at = 0; at < count; at += 1) {
    isOpen = patience.look(view, now, nobody) || isOpen;
    now += LOOK_MS;
  }
  return isOpen;
}

describe('a lease that somebody holds', () => {
  it('may be claimed once it has stood still for as long as it lasts', () => {
    expect(waited(held)).toBe(LEASE_MS);
  });

  it.each<[string, Partial<SeenLease>]>([
    ['was renewed', { beat: 31 }],
    ['is of another term', { term: 8 }],
    ['is somebody else’s', { owner: 'b' }],
  ])('may not where it %s meanwhile', (_, change) => {
    expect(looks(20)).toBe(false);
    expect(waited({ ...held, ...change })).toBe(LEASE_MS);
  });

  it('may not where it is seen too seldom: whoever does not look does not know', () => {
    expect(waited(held, {}, 750)).toBe(4 * 750);
    expect(waited({ ...held, beat: 31 }, {}, LEASE_MS / 2)).toBe(4 * 1_000);
    expect(waited({ ...held, beat: 32 }, {}, LEASE_MS / 2 + 1)).toBe(Infinity);
  });

  it('may not by somebody whom the bus brings nothing, and is watched from nothing once it does', () => {
    expect(waited(held, { isDeaf: true })).toBe(Infinity);
    expect(waited({ ...held, owner: '' }, { isDeaf: true })).toBe(Infinity);
    expect(waited(undefined, { isDeaf: true })).toBe(Infinity);
    expect(waited(held)).toBe(LEASE_MS);
  });

  it('is left for a moment to those who are sure of all streams', () => {
    expect(waited(held, { isUnsure: true })).toBe(LEASE_MS + 300);
  });

  it('is watched from nothing after a look that was not answered', () => {
    looks(20);
    patience.anew();
    expect(waited(held)).toBe(LEASE_MS);
  });

  it('is watched from nothing after we or the bus stood still, however long', () => {
    for (const pauseMs of [1_001, 3_000, 30_000]) {
      looks(20);
      now += pauseMs;
      expect(waited(held)).toBe(LEASE_MS);
      patience.anew();
    }
  });

  it('counts no answers that come all at once', () => {
    for (let at = 0; at < 100; at += 1) expect(patience.look(held, now, nobody)).toBe(false);
  });

  it('may be short, and its looks a little late', () => {
    patience = new LeasePatience('me', 500);
    expect(waited(held, {}, 40)).toBe(13 * 40);
    expect(waited({ ...held, beat: 31 }, {}, 251)).toBe(Infinity);
  });

  it('is not claimed from somebody who is heard to live, though he cannot renew it', () => {
    looks(30);
    const alive = (agoMs: Millis, epoch = 7) => ({ ...nobody, beat: { epoch, at: now - agoMs } });
    expect(patience.look(held, now, alive(1_499))).toBe(false);
    expect(patience.look(held, now, alive(1_500))).toBe(true);
    // Somebody of a term that is over says nothing about this one.
    expect(patience.look(held, now, alive(0, 6))).toBe(true);
  });

  it('is not claimed while somebody publishes above it who asks for no lease', () => {
    looks(30);
    const rival = (agoMs: Millis) => ({ ...nobody, beat: { epoch: 8, at: now - agoMs } });
    expect([rival(3_999), rival(4_000)].map((others) => patience.look(held, now, others))).toEqual([false, true]);
  });

  it('is claimed at once where it is our own: the answer to our claim was lost', () => {
    expect(waited({ ...held, owner: 'me' })).toBe(0);
    expect(waited({ ...held, owner: 'me' }, { beat: { epoch: 8, at: now } })).toBe(4_000);
  });
});

describe('a lease that was left', () => {
  const left = (next: string): SeenLease => ({ ...held, owner: '', next });

  it('is claimed at once by whoever is meant, sure of all streams or not', () => {
    expect(waited(left('me'))).toBe(0);
    patience.anew();
    expect(waited(left('me'), { isUnsure: true })).toBe(0);
  });

  it('is claimed by nobody who has not heard yet what edges have', () => {
    for (const next of ['', 'me']) expect(waited(left(next), { hasGathered: false })).toBe(Infinity);
  });

  it('is claimed at once by anybody where nobody is meant, but for those who are not sure', () => {
    expect(waited(left(''))).toBe(0);
    patience.anew();
    expect(waited(left(''), { isUnsure: true })).toBe(300);
  });

  it('is claimed a little later by others where somebody else is meant', () => {
    expect(waited(left('b'))).toBe(300);
  });

  it('is claimed although the one who left it was heard a moment ago', () => {
    expect(waited(left('me'), { beat: { epoch: 7, at: now } })).toBe(0);
  });

  it('is not while somebody publishes above it who asks for no lease', () => {
    expect(waited(left('me'), { beat: { epoch: 8, at: now } })).toBe(4_000);
  });
});

describe('a bus without a lease', () => {
  it('is one where nobody was yet, for whoever has listened and heard nobody', () => {
    expect(waited(undefined)).toBe(0);
    patience.anew();
    expect(waited(undefined, { hasGathered: false })).toBe(Infinity);
  });

  it('may have lost it: whoever was heard has the time to put it back', () => {
    const heardAt = now;
    expect(waited(undefined, { beat: { epoch: 7, at: heardAt } })).toBe(4_000);
    now = 100_000;
    expect(waited(undefined, { beat: { epoch: 7, at: heardAt } })).toBe(LEASE_MS);
  });

  it('is another thing than one with it', () => {
    looks(20);
    expect(looks(20, undefined)).toBe(true);
    patience.anew();
    looks(19);
    expect(waited(undefined, { beat: { epoch: 7, at: 0 } })).toBe(LEASE_MS);
  });
});
