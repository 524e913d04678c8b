import { afterEach, beforeEach, expect, it } from 'vitest';
import { until } from '../../../../test/support/until.js';
import type { Bus } from './bus.js';
import type { Holding, LeaseView } from './lease.js';

const KEY = 'market:{lead}';

/**
 * What `Lease` of every bus holds. `make` gives unstarted buses of two owners that share them with nobody else; it may be the same
 * bus twice.
 */
export function leaseContract(make: () => readonly [Bus, Bus]): void {
  let one: Bus;
  let other: Bus;
  let heard: string[];
  beforeEach(async () => {
    [one, other] = make();
    for (const bus of new Set([one, other])) {
      await bus.start();
      await until(() => bus.messages.state === 'up');
    }
    heard = [];
    await other.messages.subscribe('t', (text) => heard.push(text)).ready;
  });
  afterEach(async () => {
    for (const bus of new Set([one, other])) await bus.stop();
  });

  /** The term that is given to who claims it as it stands. */
  const claimed = async (bus: Bus, owner: string, above = 0): Promise<number> => {
    const answer = await bus.lease.claim(KEY, { owner, above, seen: await bus.lease.look(KEY) });
    if (answer.is === 'taken') throw new Error(`${owner} was refused a free lease`);
    return answer.term;
  };
  const holdAs = async (bus: Bus, owner: string, isLasting = true): Promise<{ holding: Holding; term: number }> => {
    const term = await claimed(bus, owner);
    const holding = bus.lease.hold(KEY, { owner, term, mayRestore: () => isLasting });
    expect(await holding.enter()).toBe('entered');
    return { holding, term };
  };
  const seen = async (): Promise<LeaseView> => (await other.lease.look(KEY)) as LeaseView;
  /** All that was heard, once everything that was published on this bus has been. */
  const heardOf = async (bus: Bus): Promise<string[]> => {
    bus.messages.publish('t', 'end');
    await until(() => heard.at(-1) === 'end');
    return heard.splice(0).slice(0, -1);
  };

  it('is nobody’s at first, and given to whoever saw it so first; who saw it so as well is refused', async () => {
    expect([await one.lease.look(KEY), await other.lease.look(KEY)]).toEqual([undefined, undefined]);
    const claims = [
      await one.lease.claim(KEY, { owner: 'a', above: 0, seen: undefined }),
      await other.lease.claim(KEY, { owner: 'b', above: 0, seen: undefined }),
    ];
    const { term } = await seen();
    expect(claims).toEqual([{ is: 'given', term }, { is: 'taken' }]);
    expect(await one.lease.look(KEY)).toEqual({ owner: 'a', term, beat: expect.any(Number), next: '' });
    expect(await one.lease.look('another:{lead}')).toBeUndefined();
  });

  it('is given where it stands as it was seen, and not where anything has happened to it since', async () => {
    const { holding } = await holdAs(one, 'a');
    const before = await seen();
    expect(await holding.renew()).toBe('held');
    expect(await other.lease.claim(KEY, { owner: 'b', above: 0, seen: before })).toEqual({ is: 'taken' });
    const { term } = await seen();
    expect((await seen()).beat).toBeGreaterThan(before.beat);
    expect(await claimed(other, 'b')).toBeGreaterThan(term);
    expect(await seen()).toMatchObject({ owner: 'b' });
  });

  it('is raised for its owner whatever has happened since, and what was held in the lower term is lost', async () => {
    const { holding, term } = await holdAs(one, 'a');
    const answer = await one.lease.claim(KEY, { owner: 'a', above: term + 5_000, seen: undefined });
    expect(answer).toEqual({ is: 'given', term: expect.any(Number) });
    expect((await seen()).term).toBeGreaterThan(term + 5_000);
    expect(await holding.renew()).toBe('lost');
  });

  it('gives terms that only rise, above what others have seen', async () => {
    const first = await claimed(one, 'a');
    const second = await claimed(other, 'b', first + 3_600_000);
    const third = await claimed(one, 'a');
    expect([second, third]).toEqual([first + 3_600_001, first + 3_600_002]);
  });

  it('lets what is held leave from the entry on, and not before', async () => {
    const term = await claimed(one, 'a');
    const holding = one.lease.hold(KEY, { owner: 'a', term, mayRestore: () => true });
    holding.messages.publish('t', 'too early');
    expect([holding.isOpen, await heardOf(one)]).toEqual([false, []]);
    expect(await holding.enter()).toBe('entered');
    holding.messages.publish('t', 'in time');
    expect([holding.isOpen, await heardOf(one)]).toEqual([true, ['in time']]);
    expect(await holding.enter()).toBe('entered');
    expect((await seen()).term).toBe(term);
  });

  it('keeps the order of what is held and what anybody may say', async () => {
    const { holding } = await holdAs(one, 'a');
    const sent = Array.from({ length: 1_000 }, (_, index) => `${index}`);
    for (const text of sent) (Number(text) % 3 === 0 ? holding : one).messages.publish('t', text);
    expect(await heardOf(one)).toEqual(sent);
  });

  it('is lost when somebody else has claimed it: nothing leaves after he has entered, and that is told once', async () => {
    const { holding } = await holdAs(one, 'a');
    let told = 0;
    holding.onLost(() => (told += 1));
    const successor = await holdAs(other, 'b');
    await until(() => !holding.isOpen);
    holding.messages.publish('t', 'too late');
    successor.holding.messages.publish('t', 'b');
    expect(await heardOf(other)).toEqual(['b']);
    await until(() => one.messages.state === 'up');
    expect([await holding.renew(), await holding.enter(), await holding.renew()]).toEqual(['lost', 'lost', 'lost']);
    expect([await holding.leave(), told]).toEqual([false, 1]);
    expect(await seen()).toMatchObject({ owner: 'b', term: successor.term });
  });

  it('tells nobody who takes his listener back, or has ended it himself', async () => {
    const told: string[] = [];
    const takenBack = (await holdAs(one, 'a')).holding;
    takenBack.onLost(() => told.push('taken back'))();
    const ended = (await holdAs(one, 'a')).holding;
    ended.onLost(() => told.push('ended'));
    ended.end();
    ended.end();
    expect([await takenBack.renew(), await ended.renew(), await ended.enter()]).toEqual(['lost', 'lost', 'lost']);
    ended.messages.publish('t', 'over');
    expect([told, await heardOf(one)]).toEqual([[], []]);
  });

  it('is put back where the bus stands below it, if it may be, and is lost otherwise', async () => {
    const { term } = await holdAs(one, 'a');
    const above = { owner: 'b', term: term + 10, mayRestore: () => false };
    expect(await other.lease.hold(KEY, above).enter()).toBe('lost');
    expect(await other.lease.hold(KEY, { ...above, mayRestore: () => true }).enter()).toBe('entered');
    expect(await seen()).toMatchObject({ owner: 'b', term: term + 10 });
    const below = { owner: 'c', term: term + 9, mayRestore: () => true };
    expect(await other.lease.hold(KEY, below).enter()).toBe('lost');
  });

  it('that is left can be claimed at once, above its term, and whoever is meant to is named', async () => {
    const { holding, term } = await holdAs(one, 'a');
    const before = await seen();
    holding.messages.publish('t', 'last');
    const leaving = holding.leave('b');
    holding.messages.publish('t', 'too late');
    expect([await leaving, holding.isOpen]).toEqual([true, false]);
    expect(await seen()).toEqual({ owner: '', term, beat: expect.any(Number), next: 'b' });
    expect(await one.lease.claim(KEY, { owner: 'a', above: 0, seen: before })).toEqual({ is: 'taken' });
    expect([await holding.enter(), await holding.renew(), await holding.leave()]).toEqual(['lost', 'lost', false]);
    const next = await holdAs(other, 'b');
    expect(next.term).toBeGreaterThan(term);
    expect(await seen()).toMatchObject({ owner: 'b', next: '' });
    next.holding.messages.publish('t', 'next');
    expect(await heardOf(other)).toEqual(['last', 'next']);
  });

  it('enters again after its connection was cut', async () => {
    const { holding, term } = await holdAs(one, 'a');
    holding.cut();
    expect(holding.isOpen).toBe(false);
    holding.messages.publish('t', 'cut off');
    await until(async () => (await holding.renew().catch(() => 'not yet')) === 'held');
    expect([holding.isOpen, await seen()]).toEqual([true, expect.objectContaining({ owner: 'a', term })]);
    await until(() => one.messages.state === 'up');
    holding.messages.publish('t', 'again');
    expect(await heardOf(one)).toEqual(['again']);
  });

  it('says when all has been heard that was published before', async () => {
    const { holding } = await holdAs(one, 'a');
    const sent = Array.from({ length: 2_000 }, (_, index) => `${index}`);
    for (const text of sent) holding.messages.publish('t', text);
    // The bus has carried them when it has answered something that left in a later turn of the loop.
    for (let round = 0; round < 2; round += 1) await holding.renew();
    expect(await other.lease.heardAll(5_000)).toBe(true);
    expect(heard).toEqual(sent);
  });
}
