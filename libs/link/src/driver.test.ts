import { describe, expect, it } from 'vitest';
import { FakeLink, type FakeLinkOptions, settle } from '../../../test/support/fake-link.js';
import { FakeClock } from '../../../test/support/fake-clock.js';
import { type RetryPolicy, leastAfterRefusal } from './backoff.js';
import { LinkDriver } from './driver.js';
import type { Dial, SocketEvents } from './socket.js';

const POLICY: RetryPolicy = { firstMs: 250, mostMs: 30_000, steadyMs: 10_000, leastAfter: leastAfterRefusal };
const setUp = (options: Omit<FakeLinkOptions, 'policy'> = {}): FakeLink => new FakeLink({ policy: POLICY, ...options });

describe('a link', () => {
  it('makes exactly one new attempt per loss, with a new socket', () => {
    const link = setUp();
    link.driver.start();
    for (let at = 0; at < 50; at += 1) {
      link.open('with-data');
      link.newest.events.closed({ code: 1000, reason: '' });
      link.clock.advance(60_000);
      expect(link.sockets).toHaveLength(at + 2);
    }
    expect(link.endings).toHaveLength(50);
    expect(link.clock.pending).toBe(0);
  });

  it('ignores everything that a dead attempt still says', () => {
    const link = setUp();
    link.driver.start();
    const dead = link.socket(0).events;
    dead.opened({});
    dead.closed({ code: 1006, reason: '' });
    const lateWords = (): void => {
      dead.message(Buffer.from('late'), false);
      dead.opened({});
      dead.failed({ class: 'reset', message: 'late' });
      dead.closed({ code: 1000, reason: 'late' });
    };
    lateWords();
    link.clock.advance(1_000);
    lateWords();
    expect(link.driver.state).toBe('dialing');
    link.open();
    lateWords();
    expect([link.driver.state, link.sockets.length, link.endings.length, link.messages]).toEqual(['open', 2, 1, []]);
  });

  it('drops a silent connection at once, and dials when the wait is over and not before', () => {
    const link = setUp();
    link.driver.start();
    link.open();
    link.driver.hangUp('silence', 'no bytes');
    expect(link.socket(0).did).toEqual(['terminate']);
    expect(link.endings).toMatchObject([{ ending: { closedBy: 'us', cause: 'silence' }, retryMs: 125 }]);
    expect(link.sitOut()).toBe(125);
    expect(link.driver.state).toBe('dialing');
  });

  it('sends only on a connection that is open', () => {
    const link = setUp();
    link.driver.start();
    expect(link.driver.send('too early')).toBe(false);
    link.open();
    expect(link.driver.send('now')).toBe(true);
    link.driver.heard();
    expect(link.driver.send('and while data comes')).toBe(true);
    link.newest.events.closed({ code: 1000, reason: '' });
    expect(link.driver.send('too late')).toBe(false);
    expect(link.socket(0).did).toEqual(['send now', 'send and while data comes', 'terminate']);
  });
});

describe('the owner of a link', () => {
  const owned = (ended: (driver: LinkDriver) => void = () => undefined) => {
    const clock = new FakeClock();
    const told: unknown[][] = [];
    let events!: SocketEvents;
    const dial: Dial = (_, given) => {
      events = given;
      return { send: () => undefined, close: () => undefined, terminate: () => undefined };
    };
    const driver: LinkDriver = new LinkDriver({ dial, clock, random: () => 0.5 }, POLICY, () => 'ws://there', {
      dialing: (...what) => void told.push(['dialing', ...what]),
      opened: (...what) => void told.push(['opened', ...what]),
      message: (bytes, isBinary) => void told.push(['message', Buffer.from(bytes).toString(), isBinary]),
      heartbeat: (...what) => void told.push(['heartbeat', ...what]),
      ended: ({ cause, reason }) => {
        told.push(['ended', cause, reason]);
        ended(driver);
      },
    });
    driver.start();
    return { driver, clock, told, events };
  };

  it('is told of all that happens, in the words of whoever said it', () => {
    const { driver, told, events } = owned();
    events.opened({ to: '192.0.2.1:443' });
    events.message(Buffer.from('x'), false);
    events.heartbeat('ping');
    void driver.stop();
    expect(told).toEqual([
      ['dialing', 1, 'ws://there'],
      ['opened', { to: '192.0.2.1:443' }],
      ['message', 'x', false],
      ['heartbeat', 'ping'],
      ['ended', 'stopped', 'stopped'],
    ]);
  });

  it('may stop it when told of an end, and then nothing waits and nothing is dialled', () => {
    const { driver, clock, told, events } = owned((link) => void link.stop());
    events.closed({ code: 1000, reason: 'bye' });
    expect([clock.pending, driver.state]).toEqual([0, 'closed']);
    clock.advance(60_000);
    expect(told.filter(([what]) => what === 'dialing')).toHaveLength(1);
  });
});

describe('a wait that was reported', () => {
  it.each<[what: string, leastMs: number, end: (events: SocketEvents) => void]>([
    ['429 with Retry-After', 30_000, (events) => events.refused({ status: 429, retryAfterMs: 30_000 })],
    ['429 without', 60_000, (events) => events.refused({ status: 429 })],
    ['418 with Retry-After', 7_200_000, (events) => events.refused({ status: 418, retryAfterMs: 7_200_000 })],
    ['418 without', 120_000, (events) => events.refused({ status: 418 })],
    ['403', 300_000, (events) => events.refused({ status: 403 })],
    ['503', 0, (events) => events.refused({ status: 503 })],
    ['an unreachable host', 0, (events) => events.failed({ class: 'tcp', message: 'ECONNREFUSED' })],
    ['a close', 0, (events) => events.closed({ code: 1000, reason: '' })],
  ])('is sat out to the end after %s: at least %i ms', (_, leastMs, end) => {
    const link = setUp();
    link.driver.start();
    end(link.newest.events);
    const waitMs = link.sitOut();
    expect(waitMs).toBeGreaterThan(leastMs);
    expect(waitMs).toBeLessThanOrEqual(leastMs + 250);
  });

  it('is sat out again after each failure in a row, and each is longer', () => {
    const link = setUp();
    link.driver.start();
    const waits = [1, 2, 3, 4].map(() => {
      link.newest.events.failed({ class: 'dns', message: 'ENOTFOUND' });
      return link.sitOut();
    });
    expect(waits).toEqual([125, 250, 500, 1_000]);
  });

  it('is at most a second after a connection that carried data, and the shortest once that lasted', () => {
    const link = setUp({ random: () => 1 });
    const endAfter = (ms: number, data?: 'with-data'): number => {
      link.open(data);
      link.clock.advance(ms);
      link.newest.events.closed({ code: 1006, reason: '' });
      return link.sitOut();
    };
    link.driver.start();
    for (let failures = 0; failures < 5; failures += 1) endAfter(0);
    expect(endAfter(POLICY.steadyMs)).toBe(8_000);
    expect([endAfter(0, 'with-data'), endAfter(5, 'with-data')]).toEqual([1_000, 1_000]);
    expect(endAfter(POLICY.steadyMs - 1, 'with-data')).toBe(1_000);
    expect(endAfter(POLICY.steadyMs, 'with-data')).toBe(250);
    expect([endAfter(0), endAfter(0), endAfter(0)]).toEqual([500, 1_000, 2_000]);
  });

  it('is the shortest after a quiet connection whose peer was heard all the time', () => {
    const link = setUp();
    link.driver.start();
    for (let failures = 0; failures < 5; failures += 1) {
      link.newest.events.failed({ class: 'tcp', message: 'ECONNREFUSED' });
      link.sitOut();
    }
    link.open();
    for (let minute = 0; minute < 3; minute += 1) {
      link.clock.advance(60_000);
      link.newest.events.heartbeat('ping');
    }
    link.newest.events.closed({ code: 1006, reason: '' });
    expect(link.sitOut()).toBe(125);
  });

  it('is not cut short by anything the dead socket still says', () => {
    const link = setUp();
    link.driver.start();
    link.newest.events.refused({ status: 429, retryAfterMs: 5_000 });
    link.newest.events.closed({ code: 1006, reason: '' });
    link.newest.events.failed({ class: 'reset', message: 'late' });
    expect(link.sitOut()).toBeGreaterThanOrEqual(5_000);
  });
});

describe('stopping', () => {
  /** Whether `stop()` has resolved by now. */
  const stopping = (link: FakeLink): (() => Promise<boolean>) => {
    let isDone = false;
    void link.driver.stop().then(() => (isDone = true));
    return async () => {
      await settle();
      return isDone;
    };
  };

  it('says goodbye, waits for the socket to be gone however long that takes, and leaves no timer', async () => {
    const link = setUp();
    link.driver.start();
    link.open();
    const isDone = stopping(link);
    link.clock.advance(60_000);
    expect([await isDone(), link.socket(0).did]).toEqual([false, ['close 1000']]);
    link.socket(0).events.closed({ code: 1000, reason: '' });
    expect(await isDone()).toBe(true);
    link.clock.advance(60_000);
    expect([link.sockets.length, link.clock.pending, link.driver.state]).toEqual([1, 0, 'closed']);
  });

  it('waits for an attempt that has not opened yet to be gone too', async () => {
    const link = setUp();
    link.driver.start();
    const isDone = stopping(link);
    expect(await isDone()).toBe(false);
    link.socket(0).events.failed({ class: 'handshake', message: 'closed before it opened' });
    expect(await isDone()).toBe(true);
  });

  it('is not over when an earlier socket ends', async () => {
    const link = setUp();
    link.driver.start();
    link.open();
    link.driver.hangUp('silence', 'no bytes');
    link.sitOut();
    link.open();
    const isDone = stopping(link);
    link.socket(0).events.closed({ code: 1006, reason: '' });
    expect(await isDone()).toBe(false);
    link.socket(1).events.closed({ code: 1000, reason: '' });
    expect(await isDone()).toBe(true);
  });

  it('a second time waits for the same end', async () => {
    const link = setUp();
    link.driver.start();
    link.open();
    const [first, second] = [stopping(link), stopping(link)];
    expect([await first(), await second()]).toEqual([false, false]);
    link.socket(0).events.closed({ code: 1000, reason: '' });
    expect([await first(), await second()]).toEqual([true, true]);
    expect(link.socket(0).did).toEqual(['close 1000']);
  });

  it('is over at once while it waits', async () => {
    const link = setUp();
    link.driver.start();
    link.socket(0).events.failed({ class: 'dns', message: 'ENOTFOUND' });
    await link.driver.stop();
    expect([link.clock.pending, link.driver.state]).toEqual([0, 'closed']);
  });
});

describe('permission', () => {
  it('is asked for before every attempt, and asking again is not a failure', async () => {
    const answers = [700, 300, 0];
    const link = setUp({ permit: () => Promise.resolve(answers.shift() ?? 0) });
    link.driver.start();
    await settle();
    link.clock.advance(699);
    await settle();
    expect(link.sockets).toHaveLength(0);
    link.clock.advance(1);
    await settle();
    link.clock.advance(299);
    await settle();
    expect(link.sockets).toHaveLength(0);
    link.clock.advance(1);
    await settle();
    expect([link.sockets.length, link.driver.state, link.endings]).toEqual([1, 'dialing', []]);
  });

  it('is not waited for by who hangs up meanwhile', async () => {
    let give!: (waitMs: number) => void;
    const link = setUp({ permit: () => new Promise((resolve) => (give = resolve)) });
    link.driver.start();
    link.driver.hangUp('replaced', 'no more needed');
    give(0);
    await settle();
    expect([link.driver.state, link.sockets.length, link.endings.length]).toEqual(['waiting', 0, 1]);
  });

  it('that comes when the link was stopped meanwhile dials nothing', async () => {
    const link = setUp({ permit: () => Promise.resolve(0) });
    link.driver.start();
    await link.driver.stop();
    await settle();
    expect(link.sockets).toHaveLength(0);
  });
});
