import { expect, it } from 'vitest';
import { FakeClock } from '../../../../test/support/fake-clock.js';
import { jsonAnswer } from './answer.js';
import { KeptAnswers } from './kept-answers.js';

const answer = (bytes: number) => jsonAnswer(200, 'x'.repeat(bytes));

it('answers are kept as long as they may, and not a moment longer', () => {
  const clock = new FakeClock();
  const kept = new KeptAnswers(100_000, clock);
  const [short, long] = [answer(10), answer(20)];
  kept.keep('short', short, 500);
  kept.keep('long', long, 60_000);
  kept.keep('never', answer(1), 0);
  clock.advance(499);
  expect([kept.find('short'), kept.find('long'), kept.find('never')]).toEqual([short, long, undefined]);
  clock.advance(1);
  expect([kept.find('short'), kept.find('long')]).toEqual([undefined, long]);
  expect(kept.size).toBe(1);
});

it('take no more bytes than they may, however many there are: the oldest go', () => {
  const clock = new FakeClock();
  const kept = new KeptAnswers(20_000, clock);
  for (let at = 0; at < 1_000; at += 1) {
    kept.keep(`question ${at}`, answer(at % 3_000), 60_000);
    expect(kept.bytes).toBeLessThanOrEqual(20_000);
  }
  expect(kept.find('question 0')).toBeUndefined();
  expect(kept.find('question 999')).toBeDefined();
  kept.keep('large', answer(30_000), 60_000);
  expect([kept.find('large'), kept.find('question 999') !== undefined]).toEqual([undefined, true]);
});

it('an answer that takes the place of another one frees what that took', () => {
  const kept = new KeptAnswers(20_000, new FakeClock());
  kept.keep('q', answer(9_000), 60_000);
  const before = kept.bytes;
  kept.keep('q', answer(9_000), 60_000);
  expect([kept.bytes, kept.size]).toEqual([before, 1]);
});
