import { afterEach, beforeEach, expect, it } from 'vitest';
import { until } from '../../../test/support/until.js';
import type { Bus } from './bus.js';

/** What every bus holds. `make` gives a new, unstarted bus that shares nothing with those of other tests. */
export function busContract(make: () => Bus): void {
  let bus: Bus;
  beforeEach(async () => {
    bus = make();
    await bus.start();
    await until(() => bus.state === 'up');
  });
  afterEach(() => bus.stop());

  it('delivers in the order it was published, over all topics of one publisher', async () => {
    const heard: string[] = [];
    await Promise.all(['a', 'b'].map((topic) => bus.subscribe(topic, (text) => heard.push(text)).ready));
    const sent = Array.from({ length: 2_000 }, (_, index) => `${index}`);
    for (const text of sent) bus.publish(Number(text) % 3 === 0 ? 'a' : 'b', text);
    await until(() => heard.length === sent.length);
    expect(heard).toEqual(sent);
  });

  it('gives every subscriber of a topic each message once', async () => {
    const heard: string[][] = [[], [], []];
    await Promise.all(heard.map((list) => bus.subscribe('t', (text) => list.push(text)).ready));
    bus.publish('t', 'one');
    bus.publish('t', 'two');
    await until(() => heard.every((list) => list.length >= 2));
    expect(heard).toEqual([
      ['one', 'two'],
      ['one', 'two'],
      ['one', 'two'],
    ]);
  });

  it('carries any text, on a channel of any name', async () => {
    const heard: string[] = [];
    await bus.subscribe('{币安人生usdt@trade}', (text) => heard.push(text)).ready;
    const text = `{"s":"币安人生USDT","quote":"\\"","emoji":"🙂","long":"${'x'.repeat(100_000)}"}`;
    bus.publish('{币安人生usdt@trade}', text);
    bus.publish('{币安人生usdt@trade}', '');
    await until(() => heard.length === 2);
    expect(heard).toEqual([text, '']);
  });

  it('delivers nothing after a subscription has ended, and everything to the others', async () => {
    const ended: string[] = [];
    const other: string[] = [];
    const first = bus.subscribe('t', (text) => ended.push(text));
    const second = bus.subscribe('t', (text) => other.push(text));
    await Promise.all([first.ready, second.ready]);
    first.end();
    first.end();
    bus.publish('t', 'after');
    await until(() => other.length === 1);
    expect(ended).toEqual([]);
  });

  it('lets a subscriber end itself, and subscribe again, inside a delivery', async () => {
    const heard: string[] = [];
    const subscription = bus.subscribe('t', (text) => {
      heard.push(`first ${text}`);
      subscription.end();
      const again = bus.subscribe('t', (later) => heard.push(`second ${later}`));
      void again.ready.then(() => bus.publish('t', '2'));
    });
    await subscription.ready;
    bus.publish('t', '1');
    await until(() => heard.length >= 2);
    expect(heard).toEqual(['first 1', 'second 2']);
  });

  it('keeps the order where a subscriber publishes inside a delivery', async () => {
    const heard: string[] = [];
    await bus.subscribe('t', (text) => {
      if (text === '1') bus.publish('t', '2');
    }).ready;
    await bus.subscribe('t', (text) => heard.push(text)).ready;
    bus.publish('t', '1');
    await until(() => heard.length === 2);
    expect(heard).toEqual(['1', '2']);
  });

  it('does not let a subscriber that throws hurt the publisher or another subscriber', async () => {
    const heard: string[] = [];
    await bus.subscribe('t', () => {
      throw new Error('a broken subscriber');
    }).ready;
    await bus.subscribe('t', (text) => heard.push(text)).ready;
    bus.publish('t', 'one');
    bus.publish('t', 'two');
    await until(() => heard.length === 2);
    expect(heard).toEqual(['one', 'two']);
  });

  it('misses nothing that is published after ready, over many quick changes of mind', async () => {
    for (let round = 0; round < 50; round += 1) {
      bus.subscribe('t', () => undefined).end();
      const heard: string[] = [];
      const subscription = bus.subscribe('t', (text) => heard.push(text));
      await subscription.ready;
      bus.publish('t', `${round}`);
      await until(() => heard.length > 0);
      expect(heard).toEqual([`${round}`]);
      subscription.end();
    }
  });

  it('gives epochs that only rise', async () => {
    const first = await bus.nextEpoch();
    const second = await bus.nextEpoch();
    expect(Number.isSafeInteger(first)).toBe(true);
    expect(second).toBeGreaterThan(first);
  });

  it('allows as many attempts as the limit says, and says how long to wait for the next', async () => {
    const waits = await Promise.all([1, 2, 3, 4].map(() => bus.attempts.take(3, 60_000)));
    expect(waits.slice(0, 3)).toEqual([0, 0, 0]);
    expect(waits[3]).toBeGreaterThan(58_000);
    expect(waits[3]).toBeLessThanOrEqual(60_000);
  });

  it('allows an attempt again when the window has passed', async () => {
    expect(await bus.attempts.take(1, 40)).toBe(0);
    const waitMs = await bus.attempts.take(1, 40);
    expect(waitMs).toBeGreaterThan(0);
    expect(waitMs).toBeLessThanOrEqual(40);
    await until(async () => (await bus.attempts.take(1, 40)) === 0);
  });

  it('stops twice as well as once', async () => {
    await bus.stop();
    await expect(bus.stop()).resolves.toBeUndefined();
  });
}
