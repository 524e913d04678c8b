import { EventEmitter } from 'node:events';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Redis } from 'ioredis';
import { beforeEach, describe, expect, it } from 'vitest';
import { FakeClock } from '../../../../../test/support/fake-clock.js';
import { RedisSubscriber } from './subscriber.js';

interface Asked {
  names: string[];
  stand: () => void;
  refuse: (words?: string) => void;
}

/** A connection whose answers the test gives. */
class FakeConnection extends EventEmitter {
  status = 'connecting';
  readonly asked: Asked[] = [];
  readonly left: string[][] = [];

  subscribe(...names: string[]): Promise<void> {
    return new Promise((resolve, reject) => {
      this.asked.push({ names, stand: resolve, refuse: (words = 'NOPERM no') => reject(new Error(words)) });
    });
  }

  unsubscribe(...names: string[]): Promise<void> {
    this.left.push(names);
    return Promise.resolve();
  }

  come(): void {
    this.status = 'ready';
    this.emit('ready');
  }

  go(): void {
    this.status = 'close';
    this.emit('close');
  }
}

describe('a subscriber', () => {
  let connection: FakeConnection;
  let clock: FakeClock;
  let subscriber: RedisSubscriber;
  let settled: number;
  let refused: [channels: readonly string[], words: string][];
  beforeEach(() => {
    connection = new FakeConnection();
    clock = new FakeClock();
    settled = 0;
    const told: typeof refused = [];
    refused = told;
    subscriber = new RedisSubscriber(connection as unknown as Redis, clock, {
      settled: () => (settled += 1),
      refused: (channels, words) => told.push([channels, words]),
    });
  });

  const want = (...names: string[]) => names.map((name) => subscriber.want(name, 'others'));
  const names = (): string[][] => connection.asked.map((asked) => asked.names);
  const newest = (): Asked => connection.asked.at(-1)!;
  const answer = async (give: (asked: Asked) => void, asked = newest()): Promise<void> => {
    give(asked);
    await nextTurn();
  };
  const refuse = (words?: string): Promise<void> => answer((asked) => asked.refuse(words));
  /** Moves time until it asks again, and says how long that took. */
  const untilAsked = (): number => {
    const before = connection.asked.length;
    for (let ms = 1; ms <= 60_000; ms += 1) {
      clock.advance(1);
      if (connection.asked.length > before) return ms;
    }
    return Infinity;
  };

  it('asks for nothing before it is connected, then for its own channels first and apart, for the others 500 at a time', async () => {
    const many = Array.from({ length: 1_001 }, (_, at) => `t${at}`);
    want(...many);
    subscriber.want('own', 'own');
    await nextTurn();
    expect(names()).toEqual([]);
    connection.come();
    expect(names()).toEqual([['own'], many.slice(0, 500), many.slice(500, 1_000), many.slice(1_000)]);
    want('late', 't0');
    await nextTurn();
    expect(names().slice(4)).toEqual([['late']]);
  });

  it('is whole when everything that is wanted stands or is refused, and not before', async () => {
    connection.come();
    expect(subscriber.isWhole).toBe(true);
    subscriber.want('own', 'own');
    want('other');
    expect(subscriber.isWhole).toBe(false);
    await nextTurn();
    const [own, other] = connection.asked;
    expect(subscriber.isWhole).toBe(false);
    await answer(({ stand }) => stand(), own);
    expect([subscriber.isWhole, settled]).toEqual([false, 1]);
    await answer((asked) => asked.refuse(), other);
    expect([subscriber.isWhole, settled]).toEqual([true, 2]);
    connection.go();
    expect(subscriber.isWhole).toBe(false);
    connection.come();
    expect(subscriber.isWhole).toBe(false);
  });

  it('takes nothing from the answer of an earlier connection, be it yes or no', async () => {
    connection.come();
    const [channel] = want('a');
    await nextTurn();
    const [old, { ready }] = [newest(), channel!];
    connection.go();
    connection.come();
    await answer(({ stand }) => stand(), old);
    expect([channel?.state, subscriber.isWhole]).toEqual(['asked', false]);
    const second = newest();
    connection.go();
    connection.come();
    await answer((asked) => asked.refuse(), second);
    expect([channel?.state, refused]).toEqual(['asked', []]);
    await answer(({ stand }) => stand());
    expect(subscriber.isWhole).toBe(true);
    // Who has waited since the first connection waits no longer.
    await ready;
  });

  it('does not take the end of a connection for a refusal', async () => {
    connection.come();
    const [channel] = want('a');
    await nextTurn();
    connection.status = 'close';
    await refuse('Connection is closed.');
    expect([channel?.state, refused, clock.pending]).toEqual(['asked', [], 0]);
  });

  it('says that a channel is heard anew for every connection', async () => {
    connection.come();
    const [channel] = want('a');
    await nextTurn();
    const [first] = [channel!.ready];
    await answer(({ stand }) => stand());
    await first;
    connection.go();
    connection.come();
    let isHeard = false;
    void channel!.ready.then(() => (isHeard = true));
    await nextTurn();
    expect(isHeard).toBe(false);
    await answer(({ stand }) => stand());
    expect(isHeard).toBe(true);
  });

  it('halves what is forbidden together until the culprit is alone, and leaves together what fails for another reason', async () => {
    connection.come();
    want('a', 'b', 'c');
    await nextTurn();
    await refuse();
    expect(names().slice(1)).toEqual([['a', 'b'], ['c']]);
    await refuse();
    await answer(({ stand }) => stand(), connection.asked[1]);
    expect(subscriber.refused().map(({ name, why }) => [name, why])).toEqual([['c', 'NOPERM no']]);
    want('d', 'e');
    await nextTurn();
    await refuse('BUSY running a script');
    expect(names()).toHaveLength(4);
    expect(subscriber.refused().map(({ name }) => name)).toEqual(['c', 'd', 'e']);
    untilAsked();
    untilAsked();
    expect(new Set(names().slice(4).map(String))).toEqual(new Set(['c', 'd,e']));
  });

  it('tells together what one turn brings of the same words, and the same words about a channel once', async () => {
    connection.come();
    want('a', 'b', 'c', 'd');
    await nextTurn();
    for (let round = 0; round < 2; round += 1) {
      for (const asked of connection.asked.slice(-2)) asked.refuse();
      await nextTurn();
    }
    for (const asked of connection.asked.slice(-4)) asked.refuse('NOPERM no');
    await nextTurn();
    await nextTurn();
    expect(refused.map(([channels, words]) => [channels.toSorted(), words])).toEqual([
      [['a', 'b', 'c', 'd'], 'NOPERM no'],
    ]);
    untilAsked();
    await refuse();
    await nextTurn();
    expect(refused).toHaveLength(1);
  });

  it('asks for what is refused ever less often, within 15 seconds, and from the beginning again on a new connection', async () => {
    connection.come();
    want('a');
    await nextTurn();
    const waits: number[] = [];
    for (let refusals = 0; refusals < 9; refusals += 1) {
      await refuse();
      waits.push(untilAsked());
    }
    for (const [at, mostMs] of [250, 500, 1_000, 2_000, 4_000, 8_000, 15_000, 15_000, 15_000].entries()) {
      expect(waits[at]).toBeGreaterThanOrEqual(mostMs / 2);
      expect(waits[at]).toBeLessThanOrEqual(mostMs);
    }
    await refuse();
    connection.go();
    expect(clock.pending).toBe(0);
    connection.come();
    await refuse();
    expect(clock.pending).toBe(1);
    expect(untilAsked()).toBeLessThanOrEqual(250);
  });

  it('forgets that something was refused once it stands', async () => {
    connection.come();
    const [channel] = want('a');
    await nextTurn();
    const told: (string | undefined)[] = [];
    channel!.onRefused((why) => told.push(why));
    await refuse();
    const forget = channel!.onRefused((why) => told.push(`late: ${why}`));
    expect(told).toEqual(['NOPERM no', 'late: NOPERM no']);
    forget();
    untilAsked();
    await refuse();
    untilAsked();
    await answer(({ stand }) => stand());
    expect([told, channel?.refusals, subscriber.refused(), clock.pending]).toEqual([
      ['NOPERM no', 'late: NOPERM no', undefined],
      0,
      [],
      0,
    ]);
  });

  it('leaves at the server what it has asked for and nobody wants, and asks nothing of what came and went at once', async () => {
    connection.come();
    const many = Array.from({ length: 501 }, (_, at) => `t${at}`);
    want(...many);
    subscriber.want('brief', 'others');
    subscriber.drop('brief');
    subscriber.drop('never wanted');
    await nextTurn();
    expect(names()).toEqual([many.slice(0, 500), many.slice(500)]);
    for (const name of many) subscriber.drop(name);
    await nextTurn();
    expect(connection.left).toEqual([many.slice(0, 500), many.slice(500)]);
    want('t0');
    await nextTurn();
    expect([names().slice(2), connection.left.length]).toEqual([[['t0']], 2]);
  });

  it('has nothing to leave of what Redis refused, or of an earlier connection', async () => {
    connection.come();
    want('refused');
    await nextTurn();
    await refuse();
    subscriber.drop('refused');
    clock.advance(60_000);
    want('lost');
    await nextTurn();
    connection.go();
    subscriber.drop('lost');
    connection.come();
    await nextTurn();
    expect([connection.left, names()]).toEqual([[], [['refused'], ['lost']]]);
    clock.advance(60_000);
    expect(names()).toHaveLength(2);
  });
});
