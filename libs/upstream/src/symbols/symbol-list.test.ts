import { beforeEach, describe, expect, it } from 'vitest';
import { spot } from '#libs/binance';
import { MemoryBus } from '#libs/bus';
import { notOk, ok } from '#libs/core';
import type { RestRequest } from '#libs/rest';
import { silentLog } from '#libs/runtime';
import { FakeClock } from '../../../../test/support/fake-clock.js';
import { settle } from '../../../../test/support/fake-link.js';
import { SymbolList } from './symbol-list.js';

const HOUR_MS = 3_600_000;

describe('the list of symbols', () => {
  let clock: FakeClock;
  let bus: MemoryBus;
  let asked: RestRequest[];
  let answer: unknown;
  let changes: number;
  let isOvertaken: boolean;
  let list: SymbolList;
  beforeEach(() => {
    clock = new FakeClock();
    bus = new MemoryBus({ clock });
    asked = [];
    changes = 0;
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
  const make = (everyMs = HOUR_MS, asking: { rest?: Parts['rest'] } = { rest: { get } }): SymbolList => {
    const changed = (): void => void (changes += 1);
    const parts = { market: spot, bus, clock, log: silentLog, everyMs, changed, isOvertaken: () => isOvertaken };
    return new SymbolList({ ...parts, rest: asking.rest });
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

  it('has a symbol that is added from the next time on, and says that it is another list only then', async () => {
    await start();
    await pass(HOUR_MS);
    expect([changes, lacks('FOOUSDT')]).toEqual([1, true]);
    says('ETHUSDT', 'FOOUSDT', 'BTCUSDT');
    await pass(HOUR_MS);
    expect([changes, lacks('FOOUSDT')]).toEqual([2, false]);
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
    expect([asked.length, lacks('FOOUSDT'), changes]).toEqual([4, true, 1]);
  });

  it('is not believed any more when it could not be had anew for three hours', async () => {
    await start();
    answer = { symbols: [] };
    await pass(HOUR_MS);
    for (let minutes = 0; minutes < 120; minutes += 5) await pass(300_000);
    expect(lacks('FOOUSDT')).toBe(true);
    for (let minutes = 0; minutes < 10; minutes += 5) await pass(300_000);
    expect([lacks('FOOUSDT'), changes, told(null)]).toEqual([false, 2, { mark: null }]);
    says('BTCUSDT', 'ETHUSDT');
    await pass(300_000);
    expect([lacks('FOOUSDT'), changes]).toEqual([true, 3]);
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
