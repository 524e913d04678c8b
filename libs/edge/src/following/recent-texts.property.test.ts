import { expect, it } from 'vitest';
import { seeded } from '../../../../test/support/seeded.js';
import { MOST_RECENT_BYTES, RecentTexts } from './recent-texts.js';

/** The same, kept as simply as it is said. */
function naive(most: number) {
  let texts: string[] = [];
  const bytes = (): number => texts.reduce((sum, { length }) => sum + length, 0);
  return {
    clear: () => (texts = []),
    take: (text: string) => {
      texts.push(text);
      while (texts.length > most || bytes() > MOST_RECENT_BYTES) texts.shift();
    },
    texts: () => texts,
  };
}

it.each([1, 2, 7, 100])('keeps the newest %i, of many sizes, as a plain list would', (most) => {
  const random = seeded(most);
  const recent = new RecentTexts(most);
  const model = naive(most);
  for (let step = 0; step < 1_500; step += 1) {
    const isHuge = random() < 0.03;
    const text = String(step).padEnd(1 + Math.floor(random() * (isHuge ? 1.2 * MOST_RECENT_BYTES : 9_000)), 'x');
    if (random() < 0.005) [recent, model].forEach((one) => one.clear());
    else [recent, model].forEach((one) => one.take(text));
    if (recent.texts.join() !== model.texts().join()) expect(recent.texts).toEqual(model.texts());
  }
  expect(recent.bytes).toBe(recent.texts.join('').length);
});

it('keeps exactly as many bytes as it may', () => {
  const recent = new RecentTexts(3);
  const half = 'x'.repeat(MOST_RECENT_BYTES / 2);
  for (let step = 0; step < 2; step += 1) recent.take(half);
  expect(recent.texts).toHaveLength(2);
  recent.take('x');
  expect(recent.texts).toEqual([half, 'x']);
});
