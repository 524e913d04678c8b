import { describe, expect, it } from 'vitest';
import { FakeClock } from '../../../test/support/fake-clock.js';
import { leastAfterRefusal } from './backoff.js';
import { LinkDriver } from './driver.js';
import type { Ending } from './ending.js';
import type { SocketEvents } from './socket.js';

/** A socket that does only what the test says. */
class FakeSocket {
  readonly did: string[] = [];

  constructor(readonly events: SocketEvents) {}

  send(text: string): void {
    this.did.push(`send ${text}`);
  }

  close(code: number): void {
    this.did.push(`close ${code}`);
  }

  terminate(): void {
    this.did.push('terminate');
  }
}

function setUp(permit?: () => Promise<number>) {
  const clock = new FakeClock();
  const sockets: FakeSocket[] = [];
  const endings: [Ending, number | undefined][] = [];
  const messages: string[] = [];
  const dial = (_: string, events: SocketEvents) => {
    const socket = new FakeSocket(events);
    sockets.push(socket);
    return socket;
  };
  const policy = { firstMs: 250, mostMs: 30_000, steadyMs: 10_000, leastAfter: leastAfterRefusal };
  const link = new LinkDriver(
    { dial, clock, random: () => 0.5, ...(permit && { permit }) },
    policy,
    () => 'ws://test',
    {
      dialing: () => undefined,
      opened: () => undefined,
      message: (bytes) => void messages.push(Buffer.from(bytes).toString()),
      heartbeat: () => undefined,
      ended: (ending, retryMs) => void endings.push([ending, retryMs]),
    },
  );
  const socket = (at: number): FakeSocket => {
    const found = sockets[at];
    if (!found) throw new Error(`no attempt ${at}`);
    return found;
  };
  return { clock, sockets, socket, endings, messages, link };
}

describe('the driver', () => {
  it('makes exactly one new attempt per loss, with a new socket', () => {
    const { clock, sockets, socket, endings, link } = setUp();
    link.start();
    for (let at = 0; at < 50; at += 1) {
      socket(at).events.opened({});
      link.heard();
      socket(at).events.closed({ code: 1000, reason: '' });
      clock.advance(60_000);
      expect(sockets).toHaveLength(at + 2);
    }
    expect(endings).toHaveLength(50);
    expect(clock.pending).toBe(0);
  });

  it('ignores everything that a dead attempt still says', () => {
    const { clock, sockets, socket, endings, messages, link } = setUp();
    link.start();
    const dead = socket(0).events;
    dead.opened({});
    dead.closed({ code: 1006, reason: '' });
    const lateWords = (): void => {
      dead.message(Buffer.from('late'), false);
      dead.opened({});
      dead.failed({ class: 'reset', message: 'late' });
      dead.closed({ code: 1000, reason: 'late' });
    };
    lateWords();
    clock.advance(1_000);
    lateWords();
    expect(link.state).toBe('dialing');
    socket(1).events.opened({});
    lateWords();
    expect([link.state, sockets.length, endings.length, messages]).toEqual(['open', 2, 1, []]);
  });

  it('drops a silent connection at once and goes on', () => {
    const { clock, socket, endings, link } = setUp();
    link.start();
    socket(0).events.opened({});
    link.hangUp('silence', 'no bytes');
    expect(socket(0).did).toEqual(['terminate']);
    expect(endings[0]).toMatchObject([{ closedBy: 'us', cause: 'silence' }, 125]);
    clock.advance(125);
    expect(link.state).toBe('dialing');
  });

  it('says goodbye when it stops, waits for the socket to be gone, and leaves no timer', async () => {
    const { clock, sockets, socket, link } = setUp();
    link.start();
    socket(0).events.opened({});
    let isGone = false;
    const stopped = link.stop().then(() => {
      isGone = true;
    });
    await Promise.resolve();
    expect([socket(0).did, isGone]).toEqual([['close 1000'], false]);
    socket(0).events.closed({ code: 1000, reason: '' });
    await stopped;
    clock.advance(60_000);
    expect([sockets.length, clock.pending, link.state]).toEqual([1, 0, 'closed']);
  });

  it('stops at once while it waits', async () => {
    const { clock, socket, link } = setUp();
    link.start();
    socket(0).events.failed({ class: 'dns', message: 'ENOTFOUND' });
    await link.stop();
    expect([clock.pending, link.state]).toEqual([0, 'closed']);
  });

  it('asks for permission before every attempt, and asking again is not a failure', async () => {
    const answers = [700, 300, 0];
    const { clock, sockets, link } = setUp(() => Promise.resolve(answers.shift() ?? 0));
    link.start();
    await settle();
    clock.advance(699);
    expect(sockets).toHaveLength(0);
    clock.advance(1);
    await settle();
    clock.advance(300);
    await settle();
    expect([sockets.length, link.state]).toEqual([1, 'dialing']);
  });

  it('does not dial when it was stopped while the permission was on its way', async () => {
    const { sockets, link } = setUp(() => Promise.resolve(0));
    link.start();
    await link.stop();
    await settle();
    expect(sockets).toHaveLength(0);
  });
});

const settle = async (): Promise<void> => {
  for (let turn = 0; turn < 5; turn += 1) await Promise.resolve();
};
