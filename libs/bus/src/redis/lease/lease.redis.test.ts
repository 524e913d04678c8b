import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { RedisProxy } from '../../../../../test/support/redis-proxy.js';
import { until } from '../../../../../test/support/until.js';
import { LeaseRefused } from '../../ports/lease.js';
import type { RedisBus } from '../redis-bus.js';
import { LEASE, LeaseRig, claimed, hearing, takenOver } from './lease.rig.js';

const BUSY = 'BUSY Redis is busy running a script';

let rig: LeaseRig;
let proxy: RedisProxy;
beforeEach(async () => {
  rig = await LeaseRig.start();
  proxy = await RedisProxy.start(rig.redis.port);
});
afterEach(async () => {
  await proxy.stop();
  await rig.stop();
});

const isUp = ({ messages }: RedisBus) => messages.state === 'up';
/** The first of Redis's words, and whether they say that this is no place to publish; otherwise what came of it. */
const refusal = (act: Promise<unknown>): Promise<unknown> =>
  act.catch((error: Error) =>
    error instanceof LeaseRefused ? [error.message.split(' ')[0], error.isWrongPlace] : error,
  );

describe('a new connection of the holder', () => {
  it('carries nothing that is held before it has entered, and all else; then it carries that too', async () => {
    const [holder, far] = [await rig.bus(proxy.url), await rig.bus()];
    const heard = await hearing(far);
    const answers: unknown[] = [];
    await far.ask.answer('q', (question) => question).ready;
    const holding = await takenOver(holder, 'a');
    // Each answer takes so long; entering takes two.
    proxy.behave({ delayMs: 300 });
    proxy.reset();
    await until(() => !holding.isOpen);
    holder.ask.ask('q', 'asked meanwhile', 10_000, (answer) => answers.push(answer));
    await until(
      () => {
        if (holding.isOpen) return true;
        holding.messages.publish('t', 'held');
        holder.messages.publish('t', 'free');
        return false;
      },
      { deadlineMs: 10_000 },
    );
    holding.messages.publish('t', 'in time');
    await until(() => heard.includes('in time'));
    expect(new Set(heard)).toEqual(new Set(['free', 'in time']));
    proxy.behave({});
    await until(() => isUp(holder), { deadlineMs: 10_000 });
    holder.ask.ask('q', 'asked later', 10_000, (answer) => answers.push(answer));
    await until(() => answers.includes('asked later'));
    expect(holder.counts.notHeld).toBeGreaterThan(0);
  });

  it('that Redis does not let enter is let in by a renewal; the bus is up meanwhile, and is asked and answers', async () => {
    const [holder, far] = [await rig.bus(proxy.url), await rig.bus()];
    const heard = await hearing(far);
    await far.ask.answer('q', (question) => question).ready;
    const holding = await takenOver(holder, 'a');
    proxy.refuse({ EVAL: BUSY });
    proxy.reset();
    await until(() => !isUp(holder));
    await until(() => isUp(holder), { deadlineMs: 10_000 });
    const answers: unknown[] = [];
    holder.ask.ask('q', 'asked', 5_000, (answer) => answers.push(answer));
    holding.messages.publish('t', 'held');
    await until(() => answers.length > 0);
    expect([answers, holding.isOpen, await refusal(holding.renew())]).toEqual([['asked'], false, ['BUSY', false]]);
    proxy.refuse({});
    expect([await holding.renew(), holding.isOpen]).toEqual(['held', true]);
    holding.messages.publish('t', 'in time');
    await until(() => heard.length > 0);
    expect(heard).toEqual(['in time']);
  });
});

describe('a Redis that has forgotten the lease', () => {
  it('is told again by its holder, in the same term, as soon as he is connected', async () => {
    const holder = await rig.bus();
    const holding = await takenOver(holder, 'a');
    const { term } = (await holder.lease.look(LEASE))!;
    await rig.redis.restart();
    await until(() => !holding.isOpen);
    await until(() => holding.isOpen, { deadlineMs: 10_000 });
    expect(await holder.lease.look(LEASE)).toMatchObject({ owner: 'a', term });
    await rig.operator.del(LEASE);
    expect([await holding.renew(), await holding.enter(), await holding.renew()]).toEqual(['gone', 'entered', 'held']);
    expect(await holder.lease.look(LEASE)).toMatchObject({ owner: 'a', term });
  });

  it('is not told by a holder who may not: he has lost it, and hears so', async () => {
    const holding = await takenOver(await rig.bus(), 'a', false);
    const told: string[] = [];
    holding.onLost(() => told.push('lost'));
    await rig.redis.restart();
    await until(() => told.length > 0, { deadlineMs: 10_000 });
    expect([holding.isOpen, await holding.renew()]).toEqual([false, 'lost']);
    await until(() => rig.operator.status === 'ready', { deadlineMs: 10_000 });
    expect(await rig.operator.exists(LEASE)).toBe(0);
  });

  it('ends with the highest of those who tell it, whoever comes first', async () => {
    const [lower, higher] = [await rig.bus(), await rig.bus()];
    const hold = (bus: RedisBus, owner: string, term: number) =>
      bus.lease.hold(LEASE, { owner, term, mayRestore: () => true });
    const below = hold(lower, 'a', 5);
    const above = hold(higher, 'b', 7);
    expect([await below.enter(), await above.enter()]).toEqual(['entered', 'entered']);
    await until(() => !below.isOpen && isUp(lower), { deadlineMs: 10_000 });
    expect(await below.renew()).toBe('lost');
    expect(await hold(lower, 'c', 6).enter()).toBe('lost');
    expect([await above.renew(), await higher.lease.look(LEASE)]).toEqual([
      'held',
      { owner: 'b', term: 7, beat: expect.any(Number), next: '' },
    ]);
  });
});

it('what Redis refused for the moment is not said any more once the lease was left; what anybody may say is', async () => {
  const [holder, successor, far] = [await rig.bus(proxy.url), await rig.bus(), await rig.bus()];
  const heard = await hearing(far);
  const holding = await takenOver(holder, 'a');
  proxy.refuse({ PUBLISH: BUSY });
  holding.messages.publish('t', 'of the lease');
  holder.messages.publish('t', 'of anybody');
  await until(() => holder.counts.publishedAgain > 0);
  expect(await holding.leave()).toBe(true);
  expect(await rig.registered()).toEqual([]);
  const next = await takenOver(successor, 'b');
  proxy.refuse({});
  next.messages.publish('t', 'of the successor');
  await until(() => heard.length === 2);
  await until(() => holder.counts.events.bytes === 0);
  expect(heard.toSorted()).toEqual(['of anybody', 'of the successor']);
});

it('what the holder has said in the turn in which he leaves is with Redis before anybody may claim', async () => {
  const holder = await rig.bus();
  const holding = await takenOver(holder, 'a');
  const monitor = await rig.operator.monitor();
  const done: string[] = [];
  monitor.on('monitor', (_, [command = '', ...words]: string[]) => done.push(command.toLowerCase() + (words[1] ?? '')));
  holding.messages.publish('t', ' last');
  expect(await holding.leave()).toBe(true);
  await until(() => done.some((one) => one.startsWith('eval')));
  expect(done.filter((one) => /^(publish last|eval)/.test(one))).toEqual(['publish last', 'eval1']);
  monitor.disconnect();
});

it('of two owners in one process, whose connection cannot be killed, the one before says nothing more from the claim on', async () => {
  const bus = await rig.bus();
  const holding = await takenOver(bus, 'a');
  expect(await bus.lease.claim(LEASE, { owner: 'b', above: 0, seen: undefined })).toEqual({ is: 'taken' });
  expect(holding.isOpen).toBe(true);
  await bus.lease.claim(LEASE, { owner: 'b', above: 0, seen: await bus.lease.look(LEASE) });
  expect(holding.isOpen).toBe(false);
});

describe('where Redis does not do as it is asked, whoever asks hears', () => {
  it('its words, and whether it is a place to publish at all', async () => {
    const holder = await rig.bus();
    const holding = await takenOver(holder, 'a');
    const heard = await hearing(await rig.bus());
    await rig.operator.config('SET', 'maxmemory', '1');
    expect(await refusal(holding.renew())).toEqual(['OOM', false]);
    holding.messages.publish('t', 'all the same');
    await until(() => heard.length > 0);
    await rig.operator.config('SET', 'maxmemory', '0');
    await rig.operator.call('REPLICAOF', '127.0.0.1', '1');
    expect(await refusal(holding.renew())).toEqual(['READONLY', true]);
    await rig.operator.call('REPLICAOF', 'NO', 'ONE');
    expect(await holding.renew()).toBe('held');
  });

  it('within about a second that it does not answer', async () => {
    const bus = await rig.bus();
    const holding = await takenOver(bus, 'a');
    rig.redis.freeze();
    const began = performance.now();
    const unanswered = await Promise.all([holding.renew(), bus.lease.look(LEASE)].map(refusal));
    expect(performance.now() - began).toBeLessThan(4_000);
    for (const error of unanswered) expect(error).toBeInstanceOf(Error);
    rig.redis.thaw();
    expect(await holding.renew()).toBe('held');
  });

  it('that a connection which may not end others has not entered', async () => {
    const [old, successor] = [await rig.bus(), await rig.bus(proxy.url)];
    await takenOver(old, 'a');
    await rig.operator.call('ACL', 'SETUSER', 'default', '-client|kill');
    const holding = await claimed(successor, 'b');
    expect(await refusal(holding.enter())).toEqual(['NOPERM', true]);
    expect(holding.isOpen).toBe(false);
  });
});

it('a record in which a stranger has written what is no connection keeps nobody from entering', async () => {
  const bus = await rig.bus();
  const holding = await claimed(bus, 'a');
  await rig.operator.hset(LEASE, 'pub:', '0', 'pub:nonsense', '0', 'pub:1 127.0.0.1:1 TYPE normal', '0');
  expect(await holding.enter()).toBe('entered');
  expect(await rig.registered()).toHaveLength(1);
});

describe('the marker', () => {
  it('is listened for by whoever looks at the lease, and by nobody else', async () => {
    const [bus] = [await rig.bus(), await rig.bus()];
    const markers = async (): Promise<unknown> => rig.operator.pubsub('CHANNELS', 'holdfast:marker:*');
    expect(await markers()).toEqual([]);
    await bus.lease.look(LEASE);
    await until(async () => ((await markers()) as unknown[]).length === 1);
  });

  it('comes back behind everything, unless a connection breaks, or it takes too long', async () => {
    const bus = await rig.bus();
    expect(await bus.lease.heardAll(5_000)).toBe(true);
    rig.redis.freeze();
    expect(await bus.lease.heardAll(50)).toBe(false);
    const broken = bus.lease.heardAll(60_000);
    await rig.redis.kill();
    expect(await broken).toBe(false);
    expect(await bus.lease.heardAll(60_000)).toBe(false);
    await rig.redis.restart();
    await until(() => isUp(bus), { deadlineMs: 10_000 });
    expect(await bus.lease.heardAll(5_000)).toBe(true);
  });
});
