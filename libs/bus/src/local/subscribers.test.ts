import { beforeEach, describe, expect, it } from 'vitest';
import type { Log } from '#libs/runtime';
import { type BusCounts, newBusCounts } from './bus-metrics.js';
import { Subscribers } from './subscribers.js';

describe('subscribers of one process', () => {
  let counts: BusCounts;
  let subscribers: Subscribers;
  let heard: string[];
  let lines: [fields: object, sentence: string][];
  beforeEach(() => {
    counts = newBusCounts();
    heard = [];
    lines = [];
    const note = (fields: object, sentence: string): void => void lines.push([fields, sentence]);
    subscribers = new Subscribers(counts, { error: note } as unknown as Log);
  });
  const hear = (name: string) => (text: string) => void heard.push(`${name} ${text}`);

  it('say which of them was the last of its topic, once', () => {
    const [first, second, other] = [hear('first'), hear('second'), hear('other')];
    const [endFirst, endSecond] = [subscribers.add('t', first), subscribers.add('t', second)];
    const endOther = subscribers.add('u', other);
    expect([endFirst(), endFirst()]).toEqual([false, false]);
    subscribers.deliver('t', '1');
    expect([endSecond(), endSecond(), endOther()]).toEqual([true, false, true]);
    subscribers.deliver('t', '2');
    expect([heard, counts.received]).toEqual([['second 1'], 1]);
    expect(subscribers.add('t', first)()).toBe(true);
  });

  it('get nothing more, not even of the present message, when another one ends them while it is delivered', () => {
    subscribers.add('t', () => endLater());
    const endLater = subscribers.add('t', hear('later'));
    subscribers.add('t', hear('last'));
    subscribers.deliver('t', '1');
    expect(heard).toEqual(['last 1']);
  });

  it('that throw are counted each time and logged once each, with what they threw', () => {
    const [err, another] = [new Error('broken'), new Error('also broken')];
    const end = subscribers.add('t', () => {
      throw err;
    });
    subscribers.deliver('t', '1');
    subscribers.deliver('t', '2');
    subscribers.add('t', () => {
      throw another;
    });
    subscribers.deliver('t', '3');
    expect(counts.subscriberErrors).toBe(4);
    const sentence = 'a subscriber threw; later throws are counted';
    expect(lines).toEqual([
      [{ code: 'bus.subscriber-threw', topic: 't', err }, sentence],
      [{ code: 'bus.subscriber-threw', topic: 't', err: another }, sentence],
    ]);
    end();
  });
});
