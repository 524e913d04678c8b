import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DRILLS } from '#libs/course';
import {
  HURRIED_LIMITS,
  Stage,
  TwoRoles,
  type TwoRolesOptions,
  hurriedEnvironment,
  perform,
  replay,
  replayReport,
  verdictOf,
} from '#libs/drill';
import type { FeedEvent } from '#libs/core';
import { systemClock as clock } from '#libs/runtime';
import { Simulator } from '#libs/simulator';
import { STARTS_WITHIN_MS, anotherUpstream, isOvertaken } from '../support/another-upstream.js';
import { assertBuilt, dist } from '../support/built.js';
import { busiest } from '../support/recordings.js';
import { type TestRedis, startRedis } from '../support/start-redis.js';
import { until } from '../support/until.js';
import { BRISK } from './brisk.js';

beforeAll(assertBuilt);

const byNumber = (a: unknown, b: unknown): number => Number(a) - Number(b);

/** What differs most in what travels over the bus; `drills.loopback.test.ts` has all of them, in one process. */
const OVER_REDIS = new Set(
  'origin-story cable-cut load-shedding planned-shutdown rotation bad-frames repeats-and-holes rush'.split(' '),
);

/** Stories of `drills.loopback.test.ts` again, with the upstream and the edge in two processes over a real Redis. */
describe('clients of an edge that hears its upstream through Redis', () => {
  let redis: TestRedis;
  let roles: TwoRoles;
  let stage: Stage;

  beforeAll(async () => {
    redis = await startRedis();
    const simulator = await Simulator.start({ clock, pace: 5, limits: HURRIED_LIMITS });
    const environment = { ...hurriedEnvironment(simulator), HOLDFAST_RETRY_MOST_MS: '300' };
    roles = await TwoRoles.start({ clock, redisUrl: redis.url, dist, environment });
    stage = new Stage({ clock, simulator, gateway: roles, clients: 24, menus: BRISK });
    await stage.start();
  });

  afterAll(async () => {
    await stage.stop();
    await redis.stop();
  });

  const sentence = async (failures: readonly string[] = []): Promise<string> =>
    verdictOf(await stage.outcome(failures)).sentence;

  it.each(DRILLS.filter(({ name }) => OVER_REDIS.has(name)))('miss nothing: $name', async (drill) => {
    expect(await sentence(await perform(drill, stage, () => undefined))).toMatch(/^PASSED/);
  });

  it('leave behind one log line per attempt to connect, saying who ended it, why, and what follows', () => {
    const lines = roles.upstream.log.map((line) => JSON.parse(line) as Record<string, unknown>);
    const attemptsOf = (code: string): unknown[] =>
      lines.filter((line) => line['code'] === code).map((line) => line['attempt']);
    const dialled = attemptsOf('line.dialing');
    const ended = lines.filter(({ code }) => code === 'line.ended');
    expect(dialled).toEqual(dialled.map((_, index) => index + 1));
    expect(attemptsOf('line.ended').toSorted(byNumber)).toEqual(dialled.slice(0, -1));
    for (const line of ended) {
      expect(line).toMatchObject({ closedBy: expect.stringMatching(/^(binance|us|transport)$/) });
      expect(line).toMatchObject({ cause: expect.any(String), then: expect.any(String) });
    }
  });

  it('are told when Redis crashes, keep their connections, and miss nothing when it is back', async () => {
    await redis.kill();
    await until(() => stage.troubled().length === stage.feeds.size, { what: 'every stream stale' });
    expect(new Set(stage.troubled().map(({ by, cause }) => `${by} ${cause}`))).toEqual(new Set(['edge bus-lost']));
    await redis.restart();
    await stage.flows();
    // What Redis lost meanwhile the upstream has kept.
    expect(await sentence()).toMatch(/^PASSED/);
  });
});

describe('a second upstream on the same Redis', () => {
  let redis: TestRedis;
  let roles: TwoRoles;
  let stage: Stage;
  let options: TwoRolesOptions;
  /** Streams of which a client heard that they are stale, because no upstream is heard. */
  const told = new Set<string>();

  beforeAll(async () => {
    redis = await startRedis();
    const simulator = await Simulator.start({ clock, pace: 5, limits: HURRIED_LIMITS });
    options = { clock, redisUrl: redis.url, dist, environment: hurriedEnvironment(simulator) };
    roles = await TwoRoles.start(options);
    const feed = ({ stream, state, by, cause }: FeedEvent): void => {
      if (state === 'stale' && by === 'edge' && cause === 'upstream-gone') told.add(stream);
    };
    stage = new Stage({ clock, simulator, gateway: roles, clients: 8, menus: BRISK, onlooker: { feed } });
    await stage.start();
  });

  afterAll(async () => {
    await stage.stop();
    await redis.stop();
  });

  it('that dies gives the feed back to the first one: data goes on, and clients are told if their edge was deaf meanwhile', async () => {
    const second = await anotherUpstream(options);
    await until(() => second.log.some((line) => line.includes('"line.live"')), { deadlineMs: STARTS_WITHIN_MS });
    await isOvertaken(roles.upstream);
    await stage.flows();
    told.clear();
    const before = roles.edge.log.length;
    await second.end('SIGKILL');
    await until(() => roles.upstream.log.some((line) => line.includes('"upstream.took-over"')), { deadlineMs: 20_000 });
    await stage.flows();
    // The first one takes the feed back after four missed beats at the earliest, and after as many an edge is deaf: either may be sooner.
    const wasDeaf = roles.edge.log.slice(before).some((line) => line.includes('"edge.upstream-gone"'));
    expect([...told].toSorted()).toEqual(wasDeaf ? [...stage.feeds.keys()].toSorted() : []);
    expect(verdictOf(await stage.outcome([], 'gaps may be announced')).sentence).toMatch(/^PASSED/);
  }, 300_000);
});

describe('recorded frames through two processes and a real Redis', () => {
  const { file, frames } = busiest();
  let redis: TestRedis;

  beforeAll(async () => {
    redis = await startRedis();
  });

  afterAll(() => redis.stop());

  it('reach a Binance-wire client to the letter and a native client without a hole', async () => {
    const outcome = await replay({
      clock,
      file,
      speed: 15,
      forMs: 25_000,
      startGateway: (simulator) =>
        TwoRoles.start({
          clock,
          redisUrl: redis.url,
          dist,
          environment: hurriedEnvironment(simulator),
        }),
      progress: () => undefined,
      isOver: () => false,
    });
    expect(outcome.wire).toMatchObject({ sent: frames, identical: frames, different: 0, missing: 0 });
    expect(replayReport(outcome)).toMatchObject({ isGood: true });
  });
});
