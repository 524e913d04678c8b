import { expect, it } from 'vitest';
import { Ages, sentAt } from './ages.js';

it('says how old each message was when it was read, whatever stands around its time', () => {
  const ages = new Ages();
  const now = 7_654_321;
  const texts = [1, 2, 3, 100].map((age) => `{"p":"1.5","q":"${sentAt(now - age)}","m":true}`);
  ages.take(Buffer.from(texts.join('\u0081~')), now);
  const { p50, p99, most, messages } = ages.latency('recent');
  expect(messages).toBe(4);
  for (const [seen, age] of [
    [p50, 2],
    [p99, 100],
    [most, 100],
  ] as const)
    expect(Math.abs(seen / age - 1)).toBeLessThan(0.01);
  ages.take(Buffer.from(texts[0] ?? ''), now);
  expect(['recent', 'all', 'all'].map((of) => ages.latency(of as 'all').messages)).toEqual([1, 5, 0]);
});

it('leaves out a time whose beginning came with the read before', () => {
  const ages = new Ages();
  ages.take(Buffer.from(sentAt(5).slice(3).concat('"')), 10);
  expect(ages.latency('recent').messages).toBe(0);
});
