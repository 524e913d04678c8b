import { expect, it } from 'vitest';
import { BookBench } from './book-bench.rig.js';

const FAST = 'btcusdt@depth@100ms';
const STAGES = [
  { levels: 3, weight: 5 },
  { levels: 8, weight: 50 },
];

/** Something changes, and its diff comes, or not. */
function change(bench: BookBench, isLost = false): void {
  bench.exchange.change('bids', 1, 1 + (bench.exchange.id % 3));
  bench.diff(FAST, isLost);
}

const asked = (bench: BookBench): string[] =>
  bench.asked.map(({ query, share }) => `${String(query['limit'])} levels of ${share}`);

it('an answer that is older than what it should join is counted, and asked for again', async () => {
  const bench = new BookBench({ streams: [FAST] });
  for (let count = 0; count < 5; count += 1) change(bench);
  await bench.pass(100);
  change(bench);
  await bench.answer(0, 4);
  expect(bench.books.counts).toMatchObject({ asked: 1, behind: 1, joined: 0 });
  for (let waited = 0; bench.asked.length === 0 && waited < 60_000; waited += 100) await bench.pass(100);
  await bench.answer();
  expect(bench.books.counts).toMatchObject({ asked: 2, behind: 1, joined: 1 });
});

it('a book that took the place of lost diffs is followed by what lies deeper', async () => {
  const bench = new BookBench({ streams: [FAST], stages: STAGES });
  change(bench);
  await bench.pass(100);
  await bench.answer();
  change(bench, true);
  change(bench);
  await bench.pass(100);
  expect(asked(bench)).toEqual(['3 levels of 1']);
  await bench.answer();
  await bench.pass(100);
  expect(asked(bench)).toEqual(['8 levels of 0.5']);
});
