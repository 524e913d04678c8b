import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import { FakeClock } from '../../../../test/support/fake-clock.js';
import { NotedSocket } from '../door/session.rig.js';
import { FlushWindow } from './flush-window.js';

const FLUSH_MS = 20;

describe('a window in which messages are gathered', () => {
  let clock: FakeClock;
  let published: string[];
  let window: FlushWindow;
  beforeEach(() => {
    clock = new FakeClock();
    published = [];
    window = new FlushWindow({ flushMs: FLUSH_MS, maxClientBacklogBytes: 40_000 }, clock, (topic, text) =>
      published.push(`${topic} ${text}`),
    );
  });

  it('begins with the first message, and publishes all of them at its end, in their order over all topics', () => {
    window.gather('a', '1');
    clock.advance(FLUSH_MS - 1);
    window.gather('b', '2');
    window.gather('a', '3');
    expect(published).toEqual([]);
    clock.advance(1);
    expect(published).toEqual(['a 1', 'b 2', 'a 3']);
    window.gather('b', '4');
    clock.advance(FLUSH_MS - 1);
    expect(published).toHaveLength(3);
    clock.advance(1);
    expect(published.at(-1)).toBe('b 4');
    expect(clock.pending).toBe(0);
  });

  it('ends early where more is gathered than a quarter of what may wait for one client', () => {
    for (let index = 0; index < 9; index += 1) window.gather('a', 'x'.repeat(1_000));
    expect(published).toHaveLength(0);
    window.gather('a', 'x'.repeat(1_000));
    expect([published.length, clock.pending]).toEqual([10, 0]);
  });

  /** A client as uWebSockets.js has it: what is published goes to who is subscribed at that moment. */
  class Client {
    readonly got: string[] = [];
    private readonly topics = new Set<string>();
    readonly socket = Object.assign(new NotedSocket(), {
      send: (text: string) => this.got.push(text),
      subscribe: (topic: string) => this.topics.add(topic),
      unsubscribe: (topic: string) => this.topics.delete(topic),
      end: () => this.got.push('the end'),
    });

    publish(topic: string, text: string): void {
      if (this.topics.has(topic)) this.got.push(text);
    }
  }

  it('changes for no client what comes after what, whatever is said to it alone, joined, left or waited for', () => {
    const topic = fc.constantFrom('a', 'b');
    const deed = fc.oneof(
      fc.record({ do: fc.constantFrom('publish', 'join', 'leave'), topic }),
      fc.record({ do: fc.constantFrom('send', 'wait'), topic: fc.constant('') }),
    );
    fc.assert(
      fc.property(fc.array(deed, { maxLength: 30 }), (deeds) => {
        const [plain, waiting] = [new Client(), new Client()];
        const ofTurn = (name: string, text: string): void => plain.publish(name, text);
        const gathering = new FlushWindow({ flushMs: FLUSH_MS, maxClientBacklogBytes: 80 }, clock, (name, text) =>
          waiting.publish(name, text),
        );
        const socketOf = [
          [plain.socket, ofTurn],
          [gathering.guard(waiting.socket), gathering.gather],
        ] as const;
        deeds.forEach(({ do: what, topic: name }, index) => {
          if (what === 'wait') clock.advance(FLUSH_MS / 2);
          for (const [socket, publish] of socketOf) {
            if (what === 'publish') publish(name, `${name} ${index}`);
            if (what === 'join') socket.subscribe(name);
            if (what === 'leave') socket.unsubscribe(name);
            if (what === 'send') socket.cork(() => socket.send(`alone ${index}`));
          }
        });
        for (const [socket] of socketOf) socket.end(1000, '');
        expect(waiting.got).toEqual(plain.got);
      }),
    );
  });
});
