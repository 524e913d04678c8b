import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Level } from '../words/event.js';
import { Book, type BookLevels } from './book.js';
import { compareDecimals, rankOf } from './decimals.js';

type Sides = 'bids' | 'asks';
const SIDES = ['bids', 'asks'] as const;
const SIGN = { bids: 1, asks: -1 } as const;
const OTHER = { bids: 'asks', asks: 'bids' } as const;

const priceOf = (tick: number): string => (tick / 100).toFixed(2);
const tickOf = (price: string): number => Math.round(Number(price) * 100);
/** Better ones first. */
const byRank = (side: Sides) => (one: number, other: number) => (other - one) * SIGN[side];
const isBetterOrSame = (side: Sides, one: number, other: number): boolean => (one - other) * SIGN[side] >= 0;

/** A market whose book is never crossed; it says what changed. */
class TrueMarket {
  id = 1;
  readonly bids = new Map<number, number>();
  readonly asks = new Map<number, number>();

  change(changes: readonly [side: Sides, tick: number, lots: number][]) {
    const changed = { bids: new Map<number, number>(), asks: new Map<number, number>() };
    const set = (side: Sides, tick: number, lots: number): void => {
      if (lots > 0) this[side].set(tick, lots);
      else this[side].delete(tick);
      changed[side].set(tick, lots);
    };
    for (const [side, tick, lots] of changes) {
      const crossed = [...this[OTHER[side]].keys()].filter((other) => !isBetterOrSame(side, other - SIGN[side], tick));
      if (lots > 0) for (const other of crossed) set(OTHER[side], other, 0);
      set(side, tick, lots);
    }
    this.id += changes.length;
    const list = (side: Sides): Level[] => [...changed[side]].map(([tick, lots]) => [priceOf(tick), `${lots}.0`]);
    return { lastUpdateId: this.id, bids: list('bids'), asks: list('asks') };
  }

  snapshot(most: number) {
    const list = (side: Sides): Level[] =>
      [...this[side].keys()]
        .sort(byRank(side))
        .slice(0, most)
        .map((tick) => [priceOf(tick), `${this[side].get(tick)}.0`]);
    const [bids, asks] = [list('bids'), list('asks')];
    const [bidsTo, asksTo] = [bids[most - 1]?.[0], asks[most - 1]?.[0]];
    return { lastUpdateId: this.id, bids, asks, ...(bidsTo && { bidsTo }), ...(asksTo && { asksTo }) };
  }
}

interface NaiveLevel {
  quantity: string;
  isSure: boolean;
}

/** The same rules as the book's, without a thought for speed. `reach` is the worst tick that is known. */
class NaiveBook {
  id = 0;
  readonly bids = new Map<number, NaiveLevel>();
  readonly asks = new Map<number, NaiveLevel>();
  readonly reach: Record<Sides, number | undefined> = { bids: undefined, asks: undefined };

  constructor(private readonly most: number) {}

  apply(diff: BookLevels & { lastUpdateId: number }): BookLevels {
    this.id = diff.lastUpdateId;
    for (const side of SIDES) for (const [price, quantity] of diff[side]) this.set(side, tickOf(price), quantity);
    const gone = { bids: this.uncross('bids', diff.asks), asks: this.uncross('asks', diff.bids) };
    for (const side of SIDES) this.cut(side);
    return gone;
  }

  take(book: ReturnType<TrueMarket['snapshot']>): BookLevels {
    const isSame = book.lastUpdateId === this.id;
    this.id = book.lastUpdateId;
    const differing: BookLevels = { bids: [], asks: [] };
    for (const side of SIDES) {
      const to = book[`${side}To`];
      const reach = to === undefined ? -Infinity * SIGN[side] : tickOf(to);
      const told = new Map(book[side].map(([price, quantity]) => [tickOf(price), quantity]));
      for (const [tick, level] of this[side]) {
        if (told.has(tick)) continue;
        if (isBetterOrSame(side, tick, reach)) {
          this[side].delete(tick);
          differing[side].push([priceOf(tick), '0.0']);
        } else if (!isSame) level.isSure = false;
      }
      for (const [tick, quantity] of told) {
        if (this[side].get(tick)?.quantity !== quantity) differing[side].push([priceOf(tick), quantity]);
        this.set(side, tick, quantity);
      }
      const known = this.reach[side];
      this.reach[side] = isSame && known !== undefined && !isBetterOrSame(side, known, reach) ? known : reach;
      differing[side].sort(([one], [other]) => byRank(side)(tickOf(one), tickOf(other)));
    }
    for (const side of SIDES) differing[side].push(...this.uncross(side, book[OTHER[side]]));
    for (const side of SIDES) this.cut(side);
    return differing;
  }

  known(side: Sides): Level[] {
    const reach = this.reach[side];
    return [...this[side].keys()]
      .filter((tick) => reach !== undefined && isBetterOrSame(side, tick, reach))
      .sort(byRank(side))
      .map((tick) => [priceOf(tick), this[side].get(tick)!.quantity]);
  }

  private set(side: Sides, tick: number, quantity: string): void {
    if (Number(quantity) === 0) this[side].delete(tick);
    else this[side].set(tick, { quantity, isSure: true });
  }

  private uncross(side: Sides, others: readonly Level[]): Level[] {
    const set = others.filter(([, quantity]) => Number(quantity) > 0).map(([price]) => tickOf(price));
    const gone = [...this[side].keys()]
      .filter((tick) => !this[side].get(tick)!.isSure && set.some((other) => isBetterOrSame(side, tick, other)))
      .sort(byRank(side));
    for (const tick of gone) this[side].delete(tick);
    return gone.map((tick) => [priceOf(tick), '0.0']);
  }

  private cut(side: Sides): void {
    const ticks = [...this[side].keys()].sort(byRank(side));
    for (const tick of ticks.slice(this.most)) {
      this[side].delete(tick);
      const reach = this.reach[side];
      if (reach !== undefined && isBetterOrSame(side, tick, reach)) this.reach[side] = ticks[this.most - 1];
    }
  }
}

const changes = fc.array(
  fc.tuple(fc.constantFrom(...SIDES), fc.integer({ min: 980, max: 1020 }), fc.integer({ min: 0, max: 3 })),
  { minLength: 1, maxLength: 6 },
);

const steps = fc.array(
  fc.oneof(
    { weight: 5, arbitrary: fc.record({ does: fc.constant('diff' as const), changes }) },
    {
      weight: 1,
      arbitrary: fc.record({ does: fc.constant('hole' as const), changes, levels: fc.integer({ min: 1, max: 12 }) }),
    },
    {
      weight: 1,
      arbitrary: fc.record({ does: fc.constant('deeper' as const), levels: fc.integer({ min: 1, max: 40 }) }),
    },
  ),
  { maxLength: 60 },
);

/** Runs a market and two books that follow it through holes, and looks at all three after every step. */
function follow(
  all: typeof steps extends fc.Arbitrary<infer S> ? S : never,
  most: number,
  look: (book: Book, naive: NaiveBook, market: TrueMarket) => void,
): void {
  const market = new TrueMarket();
  const [book, naive] = [new Book(most), new NaiveBook(most)];
  const take = (levels: number): void => {
    const snapshot = market.snapshot(levels);
    expect(book.take(snapshot)).toEqual(naive.take(snapshot));
  };
  market.change([
    ['bids', 999, 1],
    ['asks', 1001, 1],
  ]);
  take(20);
  for (const step of all) {
    if (step.does === 'diff') {
      const diff = market.change(step.changes);
      expect(book.apply(diff)).toEqual(naive.apply(diff));
    } else {
      if (step.does === 'hole') market.change(step.changes);
      take(step.levels);
    }
    look(book, naive, market);
  }
}

describe('whatever happens in a market, a book', () => {
  const cap = fc.constantFrom(3, 8, 1000);

  it('holds what a naive one holds, and says the same of what it removed', () => {
    fc.assert(
      fc.property(steps, cap, (all, most) => {
        follow(all, most, (book, naive) => {
          const { bids, asks } = book.levels();
          expect({ bids, asks }).toEqual({ bids: naive.known('bids'), asks: naive.known('asks') });
          expect(book.size).toBe(naive.bids.size + naive.asks.size);
        });
      }),
      { numRuns: 300 },
    );
  });

  it('is the market’s own as far as it says that it knows', () => {
    fc.assert(
      fc.property(steps, cap, (all, most) => {
        follow(all, most, (book, _, market) => {
          const known = book.levels();
          const truth = market.snapshot(Infinity);
          for (const side of SIDES) {
            const to = known[`${side}To`];
            const within = truth[side].filter(
              ([price]) => to === undefined || isBetterOrSame(side, tickOf(price), tickOf(to)),
            );
            expect(known[side]).toEqual(within);
          }
        });
      }),
      { numRuns: 300 },
    );
  });

  it('is never crossed, also beyond what it knows', () => {
    fc.assert(
      fc.property(steps, cap, (all, most) => {
        follow(all, most, (_, naive) => {
          expect(Math.max(...naive.bids.keys())).toBeLessThan(Math.min(...naive.asks.keys()));
        });
      }),
      { numRuns: 300 },
    );
  });

  it('told only by what `take` and `apply` return, another one that was whole knows the same', () => {
    fc.assert(
      fc.property(steps, (all) => {
        const [book, client, market] = [new Book(), new Map<string, string>(), new TrueMarket()];
        const tell = ({ bids, asks }: BookLevels): void => {
          for (const [side, levels] of [
            ['bids', bids],
            ['asks', asks],
          ] as const) {
            for (const [price, quantity] of levels) {
              if (Number(quantity) === 0) client.delete(side + price);
              else client.set(side + price, quantity);
            }
          }
        };
        for (const step of all) {
          const diff = step.does === 'deeper' ? undefined : market.change(step.changes);
          if (step.does === 'diff' && diff) {
            tell(diff);
            tell(book.apply(diff));
          } else tell(book.take(market.snapshot('levels' in step ? step.levels : 1)));
          const known = book.levels();
          for (const side of SIDES) {
            for (const [price, quantity] of known[side]) expect(client.get(side + price)).toBe(quantity);
          }
          expect(client.size).toBe(book.size);
        }
      }),
      { numRuns: 300 },
    );
  });
});

describe('two decimals', () => {
  const digits = (most: number) => fc.stringMatching(new RegExp(`^[0-9]{1,${most}}$`));
  const decimals = fc
    .tuple(fc.oneof(digits(3), digits(22)), fc.option(fc.oneof(digits(3), digits(22)), { nil: undefined }))
    .map(([whole, part]) => (part === undefined ? whole : `${whole}.${part}`));
  /** In units of the 22nd decimal. */
  const exact = (text: string): bigint => {
    const [whole = '', part = ''] = text.split('.');
    return BigInt(whole + part.padEnd(22, '0'));
  };

  /** The same with one digit of it changed. */
  const neighbour = (text: string, at: number, digit: number): string => {
    const place = at % text.length;
    return text[place] === '.' ? text : `${text.slice(0, place)}${digit}${text.slice(place + 1)}`;
  };
  const pairs = fc.oneof(
    fc.tuple(decimals, decimals),
    fc.tuple(decimals, fc.nat(), fc.nat(9)).map(([one, at, digit]) => [one, neighbour(one, at, digit)] as const),
    fc
      .tuple(fc.stringMatching(/^[1-9][0-9]{14,19}$/), fc.nat(), fc.nat(9), fc.nat(9))
      .map(([one, at, digit, last]) => [`${one}.${last}`, neighbour(one, at, digit)] as const),
  );

  it('compare as the numbers that they are, and their ranks never say otherwise', () => {
    fc.assert(
      fc.property(pairs, ([one, other]) => {
        const difference = exact(one) - exact(other);
        expect(Math.sign(compareDecimals(one, other))).toBe(difference > 0n ? 1 : difference < 0n ? -1 : 0);
        const ranks = Math.sign(rankOf(one) - rankOf(other));
        if (ranks !== 0) expect(ranks).toBe(difference > 0n ? 1 : -1);
      }),
      { numRuns: 5000 },
    );
  });

  it('have as ranks their values in units of the eighth decimal, as far as a double holds those', () => {
    fc.assert(
      fc.property(decimals, (one) => {
        const units = exact(one) / 10n ** 14n;
        expect(rankOf(one)).toBe(Number(units > Number.MAX_SAFE_INTEGER ? Number.MAX_SAFE_INTEGER : units));
      }),
    );
  });

  it('of which one has a longer tail of zeros are the same', () => {
    expect(compareDecimals('1.10', '1.1')).toBe(0);
    expect(compareDecimals('5', '5.000')).toBe(0);
    expect(compareDecimals('007', '7.0')).toBe(0);
    expect(compareDecimals('007.1', '7.2')).toBeLessThan(0);
    expect(compareDecimals('0.00000001', '0')).toBeGreaterThan(0);
  });
});
