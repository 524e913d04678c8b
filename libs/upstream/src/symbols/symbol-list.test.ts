import { createHash } from 'node:crypto';
import { beforeEach, describe, expect, it } from 'vitest';
import { spot } from '#libs/binance';
import { MemoryBus } from '#libs/bus';
import { notOk, ok } from '#libs/core';
import type { RestRequest } from '#libs/rest';
import { silentLog } from '#libs/runtime';
import { FakeClock } from '../../../../test/support/fake-clock.js';
import { settle } from '../../../../test/support/fake-link.js';
import { SymbolList } from './symbol-list.js';
import { SymbolsByAsk } from './symbols-by-ask.js';

const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;

describe('the list of symbols', () => {
  let clock: FakeClock;
  let bus: MemoryBus;
  let asked: RestRequest[];
  let answer: unknown;
  /** Whether it lacked FOOUSDT when it was last said that it is to be looked at. */
  let seen: boolean | undefined;
  let isOvertaken: boolean;
  let list: SymbolList;
  beforeEach(() => {
    clock = new FakeClock();
    bus = new MemoryBus({ clock });
    asked = [];
    seen = undefined;
    isOvertaken = false;
    says('BTCUSDT', 'ETHUSDT');
    list = make();
  });
  const says = (...symbols: string[]): void => {
    answer = { symbols: symbols.map((symbol) => ({ symbol })) };
  };
  const get = (request: RestRequest): ReturnType<Parts['rest']['get']> => {
    asked.push(request);
    const isDown = typeof answer === 'string';
    return Promise.resolve(isDown ? notOk({ why: answer as string, retryInMs: 0, isFinal: false }) : ok(answer));
  };
  type Parts = { rest: NonNullable<ConstructorParameters<typeof SymbolList>[0]['rest']> };
  const make = (
    everyMs = HOUR_MS,
    asking: { rest?: Parts['rest']; byAsk?: SymbolsByAsk } = { rest: { get } },
  ): SymbolList => {
    const judged = (): void => void (seen = lacks('FOOUSDT'));
    const timings = { symbolsSoonMs: MINUTE_MS, symbolsSoonMostMs: 10 * MINUTE_MS };
    const parts = {
      market: spot,
      bus,
      clock,
      log: silentLog,
      everyMs,
      timings,
      judged,
      isOvertaken: () => isOvertaken,
    };
    return new SymbolList({ ...parts, rest: asking.rest, byAsk: asking.byAsk });
  };
  const start = async (): Promise<void> => {
    list.start();
    await settle();
  };
  const pass = async (ms: number): Promise<void> => {
    clock.advance(ms);
    await settle();
  };
  const lacks = (symbol: string): boolean => list.lacks({ symbol });
  /** What an edge that has this list is told. */
  const told = (mark: string | null): unknown => {
    let said: unknown = 'nothing';
    bus.ask.ask(spot.channels.symbols, { mark }, 1_000, (value) => (said = value));
    return said;
  };

  it('is asked for once, within the weight there is, and then every hour', async () => {
    await start();
    expect(asked).toMatchObject([{ path: '/api/v3/exchangeInfo', weight: 20, query: { showPermissionSets: 'false' } }]);
    await pass(HOUR_MS - 1);
    expect(asked).toHaveLength(1);
    await pass(1);
    expect(asked).toHaveLength(2);
    list.stop();
    await pass(2 * HOUR_MS);
    expect(asked).toHaveLength(2);
  });

  it('lacks what Binance does not list, and nothing before it is known', async () => {
    expect(lacks('FOOUSDT')).toBe(false);
    await start();
    expect([lacks('FOOUSDT'), lacks('BTCUSDT'), list.lacks({})]).toEqual([true, false, false]);
    expect(list.describe()).toEqual({ symbols: 2, ageMs: 0, why: null });
  });

  it('has a symbol that is added from the next time on', async () => {
    await start();
    await pass(HOUR_MS);
    expect([seen, lacks('FOOUSDT')]).toEqual([true, true]);
    says('ETHUSDT', 'FOOUSDT', 'BTCUSDT');
    await pass(HOUR_MS);
    expect([seen, lacks('FOOUSDT')]).toEqual([false, false]);
  });

  it('is asked for again sooner where it could not be had, ever more rarely', async () => {
    answer = 'no host answers';
    await start();
    expect([lacks('FOOUSDT'), list.describe()]).toEqual([false, { symbols: 0, ageMs: null, why: 'no host answers' }]);
    await pass(5_000);
    await pass(10_000);
    expect(asked).toHaveLength(3);
    await pass(19_999);
    expect(asked).toHaveLength(3);
    says('BTCUSDT');
    await pass(1);
    expect([asked.length, lacks('FOOUSDT'), seen]).toEqual([4, true, true]);
  });

  it('is not believed any more when it could not be had anew for three hours', async () => {
    await start();
    answer = { symbols: [] };
    await pass(HOUR_MS);
    for (let minutes = 0; minutes < 120; minutes += 5) await pass(300_000);
    expect(lacks('FOOUSDT')).toBe(true);
    for (let minutes = 0; minutes < 10; minutes += 5) await pass(300_000);
    expect([lacks('FOOUSDT'), seen, told(null)]).toEqual([false, false, { mark: null }]);
    says('BTCUSDT', 'ETHUSDT');
    await pass(300_000);
    expect([lacks('FOOUSDT'), seen]).toEqual([true, true]);
  });

  it('is told to edges, whole to those who have another', async () => {
    list.start();
    expect(told(null)).toEqual({ mark: null });
    await settle();
    const first = told(null) as { mark: string };
    expect(first).toEqual({ mark: expect.any(String), symbols: ['BTCUSDT', 'ETHUSDT'] });
    expect(told(first.mark)).toEqual({ mark: first.mark });
    says('ETHUSDT', 'BTCUSDT');
    await pass(HOUR_MS);
    expect(told(first.mark)).toEqual({ mark: first.mark });
    says('BTCUSDT');
    await pass(HOUR_MS);
    expect(told(first.mark)).toEqual({ mark: expect.not.stringMatching(first.mark), symbols: ['BTCUSDT'] });
  });

  it('is told by nobody to what is no question, or once another upstream answers', async () => {
    await start();
    let said: unknown = 'nothing';
    bus.ask.ask(spot.channels.symbols, { mark: 7 }, 1_000, (value) => (said = value));
    isOvertaken = true;
    expect([said, told(null)]).toEqual(['nothing', 'nothing']);
    list.stop();
    isOvertaken = false;
    expect(told(null)).toBe('nothing');
  });

  describe('that lacks a symbol which somebody wants', () => {
    /** For so long an edge says every 2 s what it misses: one newcomer, or a new one each time. */
    const missing = async (ms: number, newestMs: (passedMs: number) => number): Promise<void> => {
      for (let passedMs = 0; passedMs < ms; passedMs += 2_000) {
        const question = { mark, missedMs: newestMs(passedMs) };
        bus.ask.ask(spot.channels.symbols, question, 1_000, (said) => ({ mark } = { mark, ...Object(said) }));
        await pass(2_000);
      }
    };
    /** After how many minutes it was asked for, but for the first time. */
    let beganAt: number;
    let askedAt: number[];
    let mark: string | null;
    const minutes = (): number[] => askedAt.slice(1).map((at) => Math.round((at - beganAt) / MINUTE_MS));
    beforeEach(async () => {
      askedAt = [];
      const noting: typeof get = (request) => {
        askedAt.push(clock.now());
        return get(request);
      };
      list = make(HOUR_MS, { rest: { get: noting } });
      await start();
      await pass(10 * MINUTE_MS);
      beganAt = clock.now();
      ({ mark } = told(null) as { mark: string });
    });

    it('is asked for at once where that was longer ago than a minute, and has it then', async () => {
      says('BTCUSDT', 'ETHUSDT', 'FOOUSDT');
      await missing(2_000, (passedMs) => passedMs);
      expect([lacks('FOOUSDT'), askedAt.length, askedAt[1]]).toEqual([false, 2, beganAt]);
      await pass(HOUR_MS - 1);
      expect(askedAt).toHaveLength(2);
      await pass(1);
      expect(askedAt).toHaveLength(3);
    });

    it('is not asked for by who misses one in another list', async () => {
      mark = 'of another list';
      bus.ask.ask(spot.channels.symbols, { mark, missedMs: 0 }, 1_000, () => undefined);
      await pass(2_000);
      expect(askedAt).toHaveLength(1);
    });

    it('is asked for ever more rarely while it is not listed, and then as ever when nobody waits any more', async () => {
      await missing(50 * MINUTE_MS, (passedMs) => passedMs);
      expect(minutes()).toEqual([0, 1, 3, 7, 15, 25, 35, 45]);
      await pass(60 * MINUTE_MS);
      expect(minutes().slice(8)).toEqual([55]);
    });

    it('is asked for once a minute at most, however many strangers make up names', async () => {
      await missing(30 * MINUTE_MS, () => 0);
      expect(minutes()).toEqual(Array.from({ length: 31 }, (_, minute) => minute));
    });

    it('is asked for within a minute for a newcomer, though others wait for long', async () => {
      await missing(10 * MINUTE_MS, (passedMs) => passedMs);
      expect(minutes()).toEqual([0, 1, 3, 7]);
      await missing(2 * MINUTE_MS, (passedMs) => passedMs);
      expect(minutes()).toEqual([0, 1, 3, 7, 10, 11]);
    });

    it('is asked for no sooner by an upstream that another one has overtaken, nor where it cannot be had', async () => {
      isOvertaken = true;
      await missing(2 * MINUTE_MS, (passedMs) => passedMs);
      list.miss(0);
      expect(askedAt).toHaveLength(1);
      isOvertaken = false;
      answer = 'no host answers';
      await missing(4_000, (passedMs) => passedMs);
      expect(askedAt).toHaveLength(2);
      await missing(MINUTE_MS, () => 0);
      // After 5, 10 and 20 seconds, as where nobody waits.
      expect(askedAt).toHaveLength(5);
    });
  });

  it('says of what two in a row lack since when, and of nothing else', async () => {
    const since = (symbol?: string): number | undefined => list.lacksSince({ ...(symbol !== undefined && { symbol }) });
    says('BTCUSDT', 'FOOUSDT');
    await start();
    says('BTCUSDT');
    await pass(HOUR_MS);
    expect([lacks('FOOUSDT'), since('FOOUSDT')]).toEqual([true, undefined]);
    const firstAt = clock.now();
    await pass(HOUR_MS);
    expect(since('FOOUSDT')).toBe(firstAt);
    expect([since('BTCUSDT'), since()]).toEqual([undefined, undefined]);
    says('BTCUSDT', 'FOOUSDT');
    await pass(HOUR_MS);
    expect(since('FOOUSDT')).toBeUndefined();
  });

  describe('of one of several that stands by', () => {
    /** What the one that publishes answers. */
    let others: unknown;
    let questions: unknown[];
    beforeEach(() => {
      others = undefined;
      questions = [];
      isOvertaken = true;
      list = make(HOUR_MS, { rest: { get }, byAsk: new SymbolsByAsk(bus.ask, spot.channels.symbols) });
      bus.ask.answer(spot.channels.symbols, (question) => {
        questions.push(question);
        return others;
      });
    });

    it('is what the one has that publishes, and REST is not asked', async () => {
      others = { mark: 'x', symbols: ['BTCUSDT'] };
      await start();
      expect([lacks('FOOUSDT'), lacks('BTCUSDT')]).toEqual([true, false]);
      others = { mark: 'y', symbols: ['FOOUSDT'] };
      await pass(MINUTE_MS);
      expect([lacks('FOOUSDT'), lacks('BTCUSDT')]).toEqual([false, true]);
      expect(asked).toEqual([]);
    });

    it('is believed in as long as it is the same, and is no other list then', async () => {
      await start();
      const mark = createHash('sha256').update('BTCUSDT').digest('base64url');
      others = { mark, symbols: ['BTCUSDT'] };
      await pass(5_000);
      others = { mark };
      for (let minute = 0; minute < 300; minute += 1) await pass(MINUTE_MS);
      expect([lacks('FOOUSDT'), list.lacksSince({ symbol: 'FOOUSDT' })]).toEqual([true, undefined]);
      expect(questions.slice(-1)).toEqual([{ mark }]);
    });

    it('is asked for soon again while nobody knows it, and any symbol will do', async () => {
      others = { mark: null };
      await start();
      await pass(10_000);
      expect([lacks('FOOUSDT'), asked]).toEqual([false, []]);
      expect(questions.length).toBeGreaterThan(5);
    });

    it('is fetched once it is our turn', async () => {
      others = { mark: 'x', symbols: ['BTCUSDT'] };
      await start();
      isOvertaken = false;
      await pass(MINUTE_MS);
      expect(asked).toHaveLength(1);
    });
  });

  it.each([
    ['the setting says so', () => make(0)],
    ['nobody can be asked', () => make(HOUR_MS, {})],
  ])('is never asked for where %s, and then any symbol will do', async (_, other) => {
    list = other();
    await start();
    await pass(HOUR_MS);
    expect([asked.length, lacks('FOOUSDT'), told(null)]).toEqual([0, false, { mark: null }]);
  });
});
