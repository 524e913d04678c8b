import { beforeEach, describe, expect, it, vi } from 'vitest';
import { type Holding, type Lease, LeaseRefused, type LeaseView, MemoryBus } from '#libs/bus';
import { silentLog } from '#libs/runtime';
import { FakeClock } from '../../../../test/support/fake-clock.js';
import { HeldVoice } from './held-voice.js';
import { LeaseKeeper } from './lease-keeper.js';
import type { LeadHappening } from './table.js';

const KEY = 'a lease';
const LEASE_MS = 2_000;
const TICK_MS = 100;

/** A lease of which the test says what becomes of renewals. */
class HandLease implements Lease {
  cuts = 0;
  renewal: () => Promise<'held' | 'gone' | 'lost'> = () => Promise.resolve('held');
  mayRestore: () => boolean = () => false;

  constructor(private readonly lease: Lease) {}

  look(): Promise<LeaseView | undefined> {
    return this.lease.look(KEY);
  }

  claim(...[key, claim]: Parameters<Lease['claim']>): ReturnType<Lease['claim']> {
    return this.lease.claim(key, claim);
  }

  hold(...[key, hold]: Parameters<Lease['hold']>): Holding {
    this.mayRestore = () => hold.mayRestore();
    const holding = this.lease.hold(key, hold);
    holding.renew = () => this.renewal();
    holding.cut = () => void (this.cuts += 1);
    return holding;
  }

  settled(): Promise<void> {
    return this.lease.settled();
  }

  heardAll(): Promise<boolean> {
    return Promise.resolve(true);
  }
}

let clock: FakeClock;
let bus: MemoryBus;
let lease: HandLease;
let voice: HeldVoice;
let happened: LeadHappening[];
let keeper: LeaseKeeper;

const newKeeper = (): LeaseKeeper =>
  new LeaseKeeper({
    lease,
    key: KEY,
    clock,
    leaseMs: LEASE_MS,
    voice,
    others: () => ({ beat: undefined, hasGathered: true, isUnsure: false, isDeaf: false }),
    happened: (happening) => void happened.push(happening),
    log: silentLog,
  });

const settle = async (): Promise<void> => {
  for (let turn = 0; turn < 10; turn += 1) await Promise.resolve();
};

/** Lets time go by as the one who drives it does. */
async function pass(ms: number): Promise<void> {
  for (let gone = 0; gone < ms; gone += TICK_MS) {
    clock.advance(TICK_MS);
    keeper.tick(clock.now());
    if (gone % (LEASE_MS / 4) === 0) void keeper.renew(clock.now());
    await settle();
  }
}

beforeEach(async () => {
  clock = new FakeClock();
  bus = new MemoryBus({ clock });
  lease = new HandLease(bus.lease);
  voice = new HeldVoice();
  happened = [];
  keeper = newKeeper();
  keeper.tick(clock.now());
  expect(await keeper.claim(0)).toBe('given');
  expect(await keeper.enter()).toBe(true);
});

describe('who holds a lease', () => {
  it('says something only once it has entered, and nothing once it has left', async () => {
    const said: string[] = [];
    bus.messages.subscribe('a stream', (text) => said.push(text));
    voice.publish('a stream', 'one');
    expect(await keeper.leave('somebody')).toBe(true);
    voice.publish('a stream', 'two');
    expect(said).toEqual(['one']);
    expect(await bus.lease.look(KEY)).toMatchObject({ owner: '', next: 'somebody' });
  });

  it('tells that nobody answers once most of a lease has gone by, and again after as long', async () => {
    lease.renewal = () => Promise.reject(new Error('no answer'));
    await pass(1_400);
    expect(happened).toEqual([]);
    await pass(1_700);
    expect(happened).toEqual(['unanswered', 'unanswered']);
  });

  it('does not take a connection that has just come back for one on which nobody answers', async () => {
    lease.renewal = () => Promise.reject(new Error('connection closed'));
    await pass(1_400);
    vi.spyOn(voice.holding!, 'isOpen', 'get').mockReturnValue(false);
    await pass(5_000);
    vi.restoreAllMocks();
    await pass(900);
    expect(happened).toEqual([]);
    await pass(1_000);
    expect(happened).toEqual(['unanswered']);
  });

  it('goes on where a renewal is refused because nothing can be kept', async () => {
    lease.renewal = () => Promise.reject(new LeaseRefused('OOM command not allowed', false));
    await pass(10_000);
    expect([happened, lease.cuts]).toEqual([[], 0]);
  });

  it('says what Redis refuses until it does not any more', async () => {
    lease.renewal = () => Promise.reject(new LeaseRefused('NOPERM this user has no permissions', false));
    await pass(TICK_MS);
    expect(keeper.trouble).toBe('NOPERM this user has no permissions');
    lease.renewal = () => Promise.resolve('held');
    await pass(1_000);
    expect(keeper.trouble).toBeUndefined();
  });

  it('does not take an answer to what it had asked before it stood still for one of now', async () => {
    let answer: (is: 'held') => void = () => undefined;
    lease.renewal = () => new Promise((resolve) => (answer = resolve));
    await pass(TICK_MS);
    clock.advance(LEASE_MS + 1);
    keeper.tick(clock.now());
    answer('held');
    await settle();
    expect(lease.mayRestore()).toBe(false);
    lease.renewal = () => Promise.resolve('held');
    await pass(1_000);
    expect(lease.mayRestore()).toBe(true);
  });

  it('ends its connection where the words say that this is no place to publish', async () => {
    lease.renewal = () =>
      Promise.reject(new LeaseRefused('READONLY You can’t write against a read only replica.', true));
    await pass(TICK_MS);
    expect([happened, lease.cuts]).toEqual([[], 1]);
  });

  it('puts a lost record back, but not once it has stood still for a lease, until it is told that it holds it', async () => {
    lease.renewal = () => Promise.resolve('gone');
    await pass(1_000);
    expect([happened.at(-1), lease.mayRestore()]).toEqual(['gone', true]);
    clock.advance(LEASE_MS + 1);
    await pass(1_000);
    expect([happened.at(-1), lease.mayRestore()]).toEqual(['gone', false]);
    lease.renewal = () => Promise.resolve('held');
    await pass(1_000);
    expect(lease.mayRestore()).toBe(true);
  });

  it('is not in a hurry after it has stood still: answers may lie unread', async () => {
    clock.advance(30_000);
    await pass(1_000);
    expect(happened).toEqual([]);
  });

  it('holds nothing more where somebody else was given it, and says so once', async () => {
    const other = newKeeper();
    await other.look();
    expect(await other.claim(0)).toBe('given');
    expect(await keeper.enter()).toBe(false);
    expect(await keeper.enter()).toBe(false);
    expect([happened, keeper.isEntered]).toEqual([['lost'], false]);
  });

  it('holds nothing more where its claim for a higher term was not heard', async () => {
    const other = newKeeper();
    await other.look();
    await other.claim(0);
    expect(await keeper.claim(0)).toBe('taken');
    expect(keeper.isEntered).toBe(false);
  });
});

it('does not take what it is about to leave for its own, though the bus takes its time', async () => {
  let left: (answer: boolean) => void = () => undefined;
  const hold = lease.hold.bind(lease);
  lease.hold = (...all) => {
    const holding = hold(...all);
    holding.leave = () => new Promise((resolve) => (left = resolve));
    return holding;
  };
  await keeper.claim(0);
  await keeper.enter();
  const hasLeft = keeper.leave('b');
  await keeper.look();
  expect(happened).toEqual([]);
  left(true);
  expect(await hasLeft).toBe(true);
});
