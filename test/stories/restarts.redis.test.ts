import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { spot } from '#libs/binance';
import { RedisBus } from '#libs/bus';
import { type FeedEvent, type Mark, type StreamEvent, decode, decodeMark } from '#libs/core';
import {
  HURRIED_LIMITS,
  type RoleProcess,
  Stage,
  TwoRoles,
  type TwoRolesOptions,
  hurriedEnvironment,
} from '#libs/drill';
import { systemClock as clock } from '#libs/runtime';
import { Simulator } from '#libs/simulator';
import { STARTS_WITHIN_MS, anotherUpstream, isOvertaken } from '../support/another-upstream.js';
import { assertBuilt, dist } from '../support/built.js';
import { type TestRedis, startRedis } from '../support/start-redis.js';
import { until } from '../support/until.js';
import { WsClient } from '../support/ws-client.js';

beforeAll(assertBuilt);

/** Streams whose past can be had again. */
const MENUS = [
  ['trade', 'aggTrade', 'kline_1s', 'depth@100ms'],
  ['trade', 'bookTicker', 'miniTicker'],
];

/** The upstream and the edge in a process each, over a real Redis; the upstream is replaced under load, in every way there is. */
describe('clients of an edge whose upstream is restarted', () => {
  let redis: TestRedis;
  let roles: TwoRoles;
  let stage: Stage;
  let options: TwoRolesOptions;
  /** A client of Binance's wire that keeps a book. */
  let book: WsClient;

  beforeAll(async () => {
    redis = await startRedis();
    const simulator = await Simulator.start({ clock, pace: 3, limits: HURRIED_LIMITS });
    const environment = {
      ...hurriedEnvironment(simulator),
      HOLDFAST_UPSTREAM_REST_URL: simulator.restUrl,
      HOLDFAST_BOOK_OWN_SNAPSHOT_MS: '0',
    };
    options = { clock, redisUrl: redis.url, dist, environment };
    roles = await TwoRoles.start(options);
    stage = new Stage({ clock, simulator, gateway: roles, clients: 12, menus: MENUS });
    await stage.start();
    const symbol = simulator.market.instruments[0]?.spec.symbol.toLowerCase();
    book = await WsClient.open(`${roles.url}/ws/${symbol}@depth@100ms`);
    // What the edge does not know yet it cannot bridge.
    const native = await WsClient.open(`${roles.url}/v1`);
    native.send({ event: 'subscribe', data: { streams: [`${symbol}@depth@100ms`] } });
    await until(() => native.messages.some(({ type }) => type === 'book'), { deadlineMs: 15_000 });
    await until(() => book.texts.length > 0);
    await native.close();
  });

  afterAll(async () => {
    await book.close();
    await stage.stop();
    await redis.stop();
  });

  /** What clients saw that they should not have seen. */
  const faults = (): Record<string, number> => {
    const summary = stage.crew.summary();
    const sum = (of: (stream: (typeof summary.streams)[number]) => number): number =>
      summary.streams.reduce((total, stream) => total + of(stream), 0);
    return {
      disconnects: summary.disconnects,
      missing: sum(({ missing }) => missing),
      gaps: sum(({ gaps }) => gaps),
      doubled: sum(({ doubled }) => doubled),
      reordered: sum(({ reordered }) => reordered),
      brokenPlaces: sum(({ brokenPlaces }) => brokenPlaces),
      violations: stage.simulator.violations.length,
      holesInDiffs: holes(),
    };
  };
  const NONE = {
    disconnects: 0,
    missing: 0,
    gaps: 0,
    doubled: 0,
    reordered: 0,
    brokenPlaces: 0,
    violations: 0,
    holesInDiffs: 0,
  };

  /** Where a diff does not follow the one before, or the connection was closed. */
  const holes = (): number => {
    const diffs = book.messages.map(({ U, u }) => ({ first: Number(U), last: Number(u) }));
    const torn = diffs.filter(({ first }, at) => at > 0 && first !== (diffs[at - 1]?.last ?? 0) + 1);
    return torn.length + (book.closed ? 1 : 0);
  };

  it.each(['SIGKILL', 'SIGTERM'] as const)(
    'miss nothing, get nothing twice and keep their connections: %s',
    async (signal) => {
      // The second one finds what the first one left; that a killed one follows a killed one is in kills.redis.test.ts.
      await roles.replaceUpstream(signal);
      const { length } = book.texts;
      await stage.flows();
      await until(() => book.texts.length > length + 3, { deadlineMs: 15_000 });
      expect(faults()).toEqual(NONE);
    },
    120_000,
  );

  it('nor when a second one takes over while the first still runs, as rolling updates do', async () => {
    const second = await anotherUpstream(options);
    await isOvertaken(roles.upstream);
    await roles.upstream.end('SIGTERM');
    await stage.flows();
    expect(faults()).toEqual(NONE);
    await roles.replaceUpstream('SIGTERM');
    await isOvertaken(second);
    await second.end('SIGKILL');
    await stage.flows();
    expect(faults()).toEqual(NONE);
  }, 300_000);
});

describe('streams that are always on, and no edge is there to ask how far they got', () => {
  const TRADE = 'btcusdt@trade';
  let redis: TestRedis;
  let simulator: Simulator;
  let far: RedisBus;
  beforeAll(async () => {
    redis = await startRedis();
    simulator = await Simulator.start({ clock, pace: 3, limits: HURRIED_LIMITS });
    far = new RedisBus({ redisUrl: redis.url, queueBytes: 1_000_000 });
    await far.start();
  });
  afterAll(async () => {
    await far.stop();
    await simulator.stop();
    await redis.stop();
  });

  it('go on from the marks of the upstream before: who reads Redis alone drops ids that it had, and misses none', async () => {
    const environment = {
      ...hurriedEnvironment(simulator),
      HOLDFAST_UPSTREAM_REST_URL: simulator.restUrl,
      HOLDFAST_STREAMS: TRADE,
    };
    const options = { clock, redisUrl: redis.url, dist, environment };
    const heard: StreamEvent[] = [];
    await far.messages.subscribe(spot.channels.stream(TRADE), (text) => {
      const event = decode(text);
      if (event.ok) heard.push(event.value);
    }).ready;
    const start = (): Promise<RoleProcess> => anotherUpstream(options);
    const ids = (): number[] => heard.flatMap((event) => (event.type === 'trade' ? [event.id] : []));
    const terms = (): StreamEvent[] => heard.filter(({ seq }) => seq === 1);
    let upstream = await start();
    for (let restart = 1; restart <= 2; restart += 1) {
      const { length } = heard;
      await until(() => heard.length > length + 100, { deadlineMs: STARTS_WITHIN_MS });
      const mark = async (): Promise<Mark | undefined> =>
        decodeMark((await far.marks.read(spot.channels.marks)).get(TRADE) ?? '');
      await until(async () => (await mark())?.place.epoch === heard.at(-1)?.epoch);
      await upstream.end('SIGKILL');
      const last = heard.at(-1);
      upstream = await start();
      await until(() => terms().length > restart, { deadlineMs: STARTS_WITHIN_MS });
      const follows = terms().at(-1)?.type === 'feed' && (terms().at(-1) as FeedEvent).follows;
      expect(follows).toMatchObject({ epoch: last?.epoch });
      expect(follows && follows.seq <= (last?.seq ?? 0)).toBe(true);
      const newest = ids().at(-1) ?? 0;
      await until(() => (ids().at(-1) ?? 0) > newest + 20, { deadlineMs: STARTS_WITHIN_MS });
    }
    await upstream.end('SIGTERM');
    const distinct = [...new Set(ids())].toSorted((a, b) => a - b);
    expect((distinct.at(-1) ?? 0) - (distinct[0] ?? 0) + 1).toBe(distinct.length);
    expect(heard.filter((event) => event.type === 'feed' && event.state === 'gap')).toEqual([]);
  }, 300_000);
});
