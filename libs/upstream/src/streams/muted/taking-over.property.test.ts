import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Message } from './follower.rig.js';
import { ARRAYS, BLOCKS, CANDLES, DIFFS, type FrameKind, KINDS, SYMBOLS, TRADES, UNKNOWNS } from './kinds.rig.js';
import { type Happening, MOST_UNKNOWNS, type Role, TwoUpstreams, numberOf } from './two-upstreams.rig.js';

const who = fc.constantFrom<Role>('leader', 'follower');
const line = fc.nat({ max: 1 });
const small = fc.integer({ min: 1, max: 5 });
const happening: fc.Arbitrary<Happening> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ do: fc.constant('emit' as const), frames: small }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('open' as const), who, line }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('drop' as const), who, line }) },
  { weight: 8, arbitrary: fc.record({ do: fc.constant('bring' as const), who, line, frames: small }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('hear' as const), messages: fc.integer({ min: 1, max: 12 }) }) },
);

/** Both begin with a line each. */
const BEGINNING: readonly Happening[] = [
  { do: 'open', who: 'leader', line: 0 },
  { do: 'open', who: 'follower', line: 0 },
];

interface Outcome extends ReturnType<TwoUpstreams['succeed']> {
  two: TwoUpstreams;
}

/** Lets a leader die somewhere, in many ways, and looks at all that was on the bus. */
function everyDeath(kind: FrameKind, isFetched: boolean, look: (outcome: Outcome) => void): void {
  const walks = fc.record({
    walk: fc.array(happening, { minLength: 8, maxLength: 50, size: 'max' }),
    through: fc.nat({ max: 20 }),
    isHeard: fc.constantFrom(true, true, false),
  });
  fc.assert(
    fc.property(walks, ({ walk, through, isHeard }) => {
      const two = new TwoUpstreams(kind, isFetched);
      for (const one of [...BEGINNING, ...walk]) two.take(one);
      look({ two, ...two.succeed(through, isHeard) });
    }),
    { numRuns: 400 },
  );
}

const numbersOf = (messages: readonly Message[]): number[] =>
  messages.filter(({ type }) => type !== 'feed').map(numberOf);
const from = (first: number, to: number): number[] =>
  Array.from({ length: Math.max(0, to - first + 1) }, (_, at) => first + at);
const isRising = (numbers: readonly number[]): boolean =>
  numbers.every((number, at) => at === 0 || number > (numbers[at - 1] ?? 0));

/** Whether the follower never had to choose between two lines: of states the first one counts that says one. */
const isSimple = ({ two, isSure }: Outcome): boolean => isSure && !two.follower.hasOverlapped;

/** The first message of the new term, which says what it follows, and the only one that does. */
function expectFollowed({ messages, seam }: Outcome): void {
  const [last, first] = [messages[seam - 1], messages[seam]];
  expect(first).toMatchObject({ type: 'feed', seq: 1, follows: { epoch: last?.epoch, seq: last?.seq } });
  expect(messages.slice(seam).map(({ seq }) => seq)).toEqual(from(1, messages.length - seam));
  expect(messages.filter(({ follows }) => follows)).toHaveLength(1);
}

/** What was said or called missing, in order, as positions with both ends. */
const spansOf = (messages: readonly Message[], spanOf: (n: number) => [number, number]): [number, number][] =>
  messages.flatMap(({ type, state, missing, n = 0 }): [number, number][] => {
    if (type !== 'feed') return [spanOf(n)];
    return state === 'gap' && missing ? [[missing.from, missing.to]] : [];
  });

describe('what a leader and its successor say together', () => {
  it.each([
    [TRADES.name, TRADES, (n: number): [number, number] => [n, n]],
    [DIFFS.name, DIFFS, (n: number): [number, number] => [10 * n - 9, 10 * n]],
  ] as const)(
    'of %s is every id once, or a gap that says it, and none where the successor was sure',
    (_, kind, spanOf) => {
      everyDeath(kind, false, (outcome) => {
        const { messages, seam, isSure, two } = outcome;
        expectFollowed(outcome);
        // What the leader called missing behind his last event his successor may have after all.
        const last = messages.slice(0, seam).findLastIndex(({ type }) => type !== 'feed');
        const spans = [...spansOf(messages.slice(0, last + 1), spanOf), ...spansOf(messages.slice(seam), spanOf)];
        for (const [at, [first]] of spans.entries()) if (at > 0) expect(first).toBe((spans[at - 1]?.[1] ?? 0) + 1);
        expect(spans.at(-1)).toEqual(spanOf(two.emitted));
        if (isSure && !two.follower.hasRaced)
          expect(messages.slice(seam).filter(({ state }) => state === 'gap')).toEqual([]);
      });
    },
  );

  it('of trades is every id once, where what both lack can be fetched, and nobody is asked where the successor was sure', () => {
    everyDeath(TRADES, true, (outcome) => {
      const { messages, isSure, two } = outcome;
      expectFollowed(outcome);
      const numbers = numbersOf(messages);
      expect(numbers).toEqual(from(numbers[0] ?? 1, two.emitted));
      if (isSure && !two.follower.hasRaced) expect(two.follower.stage.holes.size).toBe(0);
    });
  });

  it('of what only rises, and can be fetched, is every event once', () => {
    everyDeath(BLOCKS, true, (outcome) => {
      expectFollowed(outcome);
      const numbers = numbersOf(outcome.messages);
      expect(isRising(numbers)).toBe(true);
      const { leader, follower } = outcome.two;
      if (leader.hasOverlapped || follower.hasOverlapped) return;
      expect(numbers).toEqual(from(numbers[0] ?? 1, outcome.two.emitted));
    });
  });

  it.each([true, false])('of candles are states in order, and the end of each or a gap: fetched %s', (isFetched) => {
    everyDeath(CANDLES, isFetched, (outcome) => {
      expectFollowed(outcome);
      const numbers = numbersOf(outcome.messages);
      expect(isRising(numbers)).toBe(true);
      if (isSimple(outcome)) {
        expect(numbersOf(outcome.messages.slice(outcome.seam))).toEqual(from(outcome.mark + 1, outcome.two.emitted));
      }
      const ended = new Set(numbers.filter((n) => n % 3 === 0).map((n) => n / 3 - 1));
      const gaps = outcome.messages.filter(({ state }) => state === 'gap').flatMap(({ missing }) => missing ?? []);
      const [first = 1, last = 1] = [numbers[0], numbers.at(-1)];
      for (const candle of from(Math.ceil(first / 3) - 1, Math.ceil(last / 3) - 2)) {
        const isSaid = gaps.some((gap) => gap.from <= 1_000 * candle && 1_000 * candle <= gap.to);
        expect(ended.has(candle) || isSaid).toBe(true);
        if (isFetched) expect(ended.has(candle)).toBe(true);
      }
    });
  });

  const states = KINDS.filter((kind) => ![TRADES, DIFFS, BLOCKS, CANDLES].includes(kind) && !kind.isFetched);
  it.each(states)('of $name is in order and never twice, and all where the successor was sure', (kind) => {
    everyDeath(kind, false, (outcome) => {
      expectFollowed(outcome);
      expect(isRising(numbersOf(outcome.messages))).toBe(true);
      if (!isSimple(outcome)) return;
      expect(numbersOf(outcome.messages.slice(outcome.seam))).toEqual(from(outcome.mark + 1, outcome.two.emitted));
    });
  });

  it('of arrays is each one whole and once, and all where the successor was sure', () => {
    everyDeath(ARRAYS, false, (outcome) => {
      expectFollowed(outcome);
      const { messages, two, mark } = outcome;
      const elements = messages.filter(({ type }) => type !== 'feed');
      const arrays = elements.map(({ n = 0 }) => n).filter((n, at, all) => n !== all[at - 1]);
      expect(isRising(arrays)).toBe(true);
      for (const n of arrays) {
        const all = elements.flatMap((one) => (one.n === n && one.part ? [one.part[0]] : []));
        // Where nobody has the rest of an array that the leader had begun, or a quicker line was past it, the next one begins anew.
        if (n === mark && (two.follower.hasOverlapped || !two.follower.covers(mark)))
          expect(all).toEqual(from(0, all.length - 1));
        else expect(all).toEqual(from(0, SYMBOLS - 1));
      }
      if (!isSimple(outcome)) return;
      expect(arrays.filter((n) => n > mark)).toEqual(from(mark + 1, two.emitted));
    });
  });

  it('of what nobody has a word for is all of it once, where the successor was sure', () => {
    everyDeath(UNKNOWNS, false, (outcome) => {
      expectFollowed(outcome);
      const { two } = outcome;
      if (!isSimple(outcome) || two.leader.hasOverlapped) return;
      const { messages, mark, seam, behindBy } = outcome;
      if (behindBy >= MOST_UNKNOWNS) return;
      const numbers = numbersOf(messages);
      expect(new Set(numbers).size).toBe(numbers.length);
      // What the leader's lines lacked may come late: nothing orders it.
      const behind = numbersOf(messages.slice(seam)).filter((n) => n > mark);
      expect(behind).toEqual(from(mark + 1, two.emitted));
    });
  });
});
