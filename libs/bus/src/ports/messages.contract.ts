import { afterEach, beforeEach, expect, it } from 'vitest';
import { until } from '../../../../test/support/until.js';
import type { Bus } from './bus.js';

/** What `Messages` of every bus hold. `make` gives a new, unstarted bus that shares nothing with those of other tests. */
export function messagesContract(make: () => Bus): void {
  let bus: Bus;
  beforeEach(async () => {
    bus = make();
    await bus.start();
    await until(() => bus.messages.state === 'up');
  });
  afterEach(() => bus.stop());

  it('delivers in the order it was published, over all topics of one publisher', async () => {
    const heard: string[] = [];
    await Promise.all(['a', 'b'].map((topic) => bus.messages.subscribe(topic, (text) => heard.push(text)).ready));
    const sent = Array.from({ length: 2_000 }, (_, index) => `${index}`);
    for (const text of sent) bus.messages.publish(Number(text) % 3 === 0 ? 'a' : 'b', text);
    await until(() => heard.length === sent.length);
    expect(heard).toEqual(sent);
  });

  it('gives every subscriber of a topic each message once', async () => {
    const heard: string[][] = [[], [], []];
    await Promise.all(heard.map((list) => bus.messages.subscribe('t', (text) => list.push(text)).ready));
    bus.messages.publish('t', 'one');
    bus.messages.publish('t', 'two');
    await until(() => heard.every((list) => list.length >= 2));
    expect(heard).toEqual([
      ['one', 'two'],
      ['one', 'two'],
      ['one', 'two'],
    ]);
  });

  it('carries any text, on a channel of any name', async () => {
    const heard: string[] = [];
    await bus.messages.subscribe('{币安人生usdt@trade}', (text) => heard.push(text)).ready;
    const text = `{"s":"币安人生USDT","quote":"\\"","emoji":"🙂","long":"${'x'.repeat(100_000)}"}`;
    bus.messages.publish('{币安人生usdt@trade}', text);
    bus.messages.publish('{币安人生usdt@trade}', '');
    await until(() => heard.length === 2);
    expect(heard).toEqual([text, '']);
  });

  it('delivers nothing after a subscription has ended, and everything to the others', async () => {
    const ended: string[] = [];
    const other: string[] = [];
    const first = bus.messages.subscribe('t', (text) => ended.push(text));
    const second = bus.messages.subscribe('t', (text) => other.push(text));
    await Promise.all([first.ready, second.ready]);
    first.end();
    first.end();
    bus.messages.publish('t', 'after');
    await until(() => other.length === 1);
    expect(ended).toEqual([]);
  });

  it('lets a subscriber end itself, and subscribe again, inside a delivery', async () => {
    const heard: string[] = [];
    const subscription = bus.messages.subscribe('t', (text) => {
      heard.push(`first ${text}`);
      subscription.end();
      const again = bus.messages.subscribe('t', (later) => heard.push(`second ${later}`));
      void again.ready.then(() => bus.messages.publish('t', '2'));
    });
    await subscription.ready;
    bus.messages.publish('t', '1');
    await until(() => heard.length >= 2);
    expect(heard).toEqual(['first 1', 'second 2']);
  });

  it('keeps the order where a subscriber publishes inside a delivery', async () => {
    const heard: string[] = [];
    await bus.messages.subscribe('t', (text) => {
      if (text === '1') bus.messages.publish('t', '2');
    }).ready;
    await bus.messages.subscribe('t', (text) => heard.push(text)).ready;
    bus.messages.publish('t', '1');
    await until(() => heard.length === 2);
    expect(heard).toEqual(['1', '2']);
  });

  it('does not let a subscriber that throws hurt the publisher or another subscriber', async () => {
    const heard: string[] = [];
    await bus.messages.subscribe('t', () => {
      throw new Error('a broken subscriber');
    }).ready;
    await bus.messages.subscribe('t', (text) => heard.push(text)).ready;
    bus.messages.publish('t', 'one');
    bus.messages.publish('t', 'two');
    await until(() => heard.length === 2);
    expect(heard).toEqual(['one', 'two']);
  });

  it('misses nothing that is published after ready, over many quick changes of mind', async () => {
    for (let round = 0; round < 50; round += 1) {
      bus.messages.subscribe('t', () => undefined).end();
      const heard: string[] = [];
      const subscription = bus.messages.subscribe('t', (text) => heard.push(text));
      await subscription.ready;
      bus.messages.publish('t', `${round}`);
      await until(() => heard.length > 0);
      expect(heard).toEqual([`${round}`]);
      subscription.end();
    }
  });

  it('tells nobody of a state that has not changed', async () => {
    const states: string[] = [];
    const forget = bus.messages.onState((state) => states.push(state));
    bus.messages.publish('t', 'one');
    forget();
    await bus.stop();
    expect(states).toEqual([]);
  });

  it('stops twice as well as once', async () => {
    await bus.stop();
    await expect(bus.stop()).resolves.toBeUndefined();
  });
}
