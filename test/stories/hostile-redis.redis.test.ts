import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { FeedEvent } from '#libs/core';
import { type Stage, faultsOf, sum } from '#libs/drill';
import { everyStreamFlows } from '../support/every-stream-flows.js';
import { RedisProxy } from '../support/redis-proxy.js';
import { stageOverRedis } from '../support/stage-over-redis.js';
import { type TestRedis, startRedis } from '../support/start-redis.js';
import { until } from '../support/until.js';
import { WsClient } from '../support/ws-client.js';

/** PROTOCOL.md §4: within how long clients are told that a connection to the bus broke, that the bus carries nothing, and that no upstream is heard. */
const AT_ONCE_MS = 500;
const BUS_LOST_WITHIN_MS = 5_000;
const UPSTREAM_GONE_WITHIN_MS = 4_000;

/** The streams bring something ten times a second at least: for so long nothing comes only where nothing passes. */
const STILL_MS = 400;

/** Ways of an upstream and an edge to the same Redis. */
type Ways = Record<'upstream' | 'edge', RedisProxy>;

interface Misbehaviour {
  what: string;
  begin: (ways: Ways) => void;
  /** What clients see meanwhile: data, nothing at all, or that their streams are stale: who says so, and why, within so long. */
  meanwhile: 'data' | 'nothing' | { told: RegExp; withinMs: number };
  /** Commands that have been refused before it ends. */
  refused?: readonly string[];
}

const BUSY = 'BUSY Redis is busy running a script. You can only call SCRIPT KILL or SHUTDOWN NOSAVE.';
const OOM = "OOM command not allowed when used memory > 'maxmemory'.";
const READONLY = "READONLY You can't write against a read only replica.";
const NOPERM = "NOPERM User upstream has no permissions to run the 'publish' command";

const ROWS: readonly Misbehaviour[] = [
  {
    what: 'answers late',
    begin: ({ upstream, edge }) => [upstream, edge].map((way) => way.behave({ delayMs: 400 })),
    meanwhile: 'data',
  },
  {
    what: 'answers in small pieces',
    begin: ({ edge }) => edge.behave({ drip: { bytes: 300, everyMs: 2 } }),
    meanwhile: 'data',
  },
  {
    what: 'only reads',
    begin: ({ upstream }) => upstream.refuse({ HSET: READONLY, EVAL: READONLY }),
    meanwhile: 'data',
    refused: ['HSET'],
  },
  {
    what: 'is busy',
    begin: ({ upstream }) => upstream.refuse({ PUBLISH: BUSY }),
    meanwhile: 'nothing',
    refused: ['PUBLISH'],
  },
  {
    what: 'is full',
    begin: ({ upstream }) => upstream.refuse({ PUBLISH: OOM, HSET: OOM, EVAL: OOM }),
    meanwhile: 'nothing',
    refused: ['PUBLISH', 'HSET'],
  },
  { what: 'is read slowly', begin: ({ edge }) => edge.behave({ isUnread: true }), meanwhile: 'nothing' },
  {
    what: 'forbids to publish',
    begin: ({ upstream }) => upstream.refuse({ PUBLISH: NOPERM }),
    meanwhile: 'nothing',
    refused: ['PUBLISH'],
  },
  {
    what: 'refuses an edge',
    begin: ({ edge }) => {
      edge.behave({ refuses: true });
      edge.reset();
    },
    meanwhile: { told: /^edge bus-lost$/, withinMs: AT_ONCE_MS },
  },
  {
    what: 'is half open for an edge',
    begin: ({ edge }) => edge.behave({ isCut: true }),
    // No heartbeat and no echo comes: whichever is missed first.
    meanwhile: { told: /^edge (upstream-gone|bus-lost)$/, withinMs: BUS_LOST_WITHIN_MS },
  },
  {
    what: 'is half open for the upstream',
    begin: ({ upstream }) => upstream.behave({ isCut: true }),
    meanwhile: { told: /^edge upstream-gone$/, withinMs: UPSTREAM_GONE_WITHIN_MS },
  },
];

describe('clients of an edge whose Redis', () => {
  let redis: TestRedis;
  let ways: Ways;
  let stage: Stage;
  /** Who told what made a stream stale. */
  const told = new Set<string>();
  /** Streams that have been told to be live since all is well. */
  const lively = new Set<string>();

  beforeAll(async () => {
    redis = await startRedis();
    ways = { upstream: await RedisProxy.start(redis.port), edge: await RedisProxy.start(redis.port) };
    stage = await stageOver(ways, told, lively);
    await stage.start();
  });
  afterAll(async () => {
    await stage.stop();
    await Promise.all([ways.upstream.stop(), ways.edge.stop()]);
    await redis.stop();
  });

  const missing = (): number => sum(stage.crew.summary().streams, 'missing');
  const messages = (): number[] => stage.crew.summary().streams.map((stream) => stream.messages);

  const standsStill = async (): Promise<void> => {
    let [seen, since] = ['', 0];
    await until(() => {
      const now = messages().join();
      if (now !== seen) [seen, since] = [now, performance.now()];
      return performance.now() - since > STILL_MS;
    });
  };
  const becomesStale = async (withinMs: number): Promise<void> => {
    const since = performance.now();
    await until(() => stage.troubled().length === stage.feeds.size, { what: 'all is stale', deadlineMs: 10_000 });
    // What a busy machine may add.
    expect(performance.now() - since).toBeLessThan(withinMs + 500);
  };

  const allIsWell = (): void => {
    for (const way of Object.values(ways)) {
      way.refuse({});
      way.behave({});
    }
  };
  afterEach(allIsWell);

  it.each(ROWS)('$what', async ({ begin, meanwhile, refused = [] }) => {
    const missed = missing();
    told.clear();
    ways.upstream.refused.clear();
    begin(ways);
    if (meanwhile === 'data') await everyStreamFlows(stage);
    else if (meanwhile === 'nothing') await standsStill();
    else await becomesStale(meanwhile.withinMs);
    await until(() => refused.every((command) => ways.upstream.refused.has(command)));
    expect([...told].filter((words) => typeof meanwhile === 'string' || !meanwhile.told.test(words))).toEqual([]);
    lively.clear();
    allIsWell();
    await everyStreamFlows(stage);
    if (typeof meanwhile === 'object') await until(() => lively.size === stage.feeds.size, { what: 'all is live' });
    expect(faultsOf(stage.crew.summary())).toEqual([]);
    expect(missing()).toBe(missed);
  });

  it('is busy when somebody comes: who subscribes is told that nothing is heard yet, and is served as soon as it is', async () => {
    const newcomer = await WsClient.open(`${stage.gateway.url}/v1`);
    const stream = `${stage.simulator.market.instruments[0]?.spec.symbol.toLowerCase()}@kline_1s`;
    const feeds = (): unknown[] =>
      newcomer.messages.flatMap(({ type, state, cause }) => (type === 'feed' ? [state, cause] : []));
    ways.edge.refuse({ SUBSCRIBE: BUSY });
    newcomer.send({ event: 'subscribe', data: { streams: [stream] } });
    await until(() => feeds().includes('bus-lost'));
    expect(ways.edge.refused.get('SUBSCRIBE')).toBeGreaterThan(0);
    ways.edge.refuse({});
    await until(() => newcomer.messages.some(({ type }) => type === 'kline'));
    // What comes before the edge has asked how the stream is, is passed on.
    await until(() => newcomer.messages.findLast(({ type }) => type === 'feed')?.['state'] === 'live');
    await newcomer.close();
  });
});

function stageOver({ upstream, edge }: Ways, told: Set<string>, lively: Set<string>): Promise<Stage> {
  const onlooker = {
    feed: ({ stream, state, by, cause }: FeedEvent): void => {
      if (state === 'live') lively.add(stream);
      if (state === 'stale') told.add(`${by} ${cause}`);
    },
  };
  return stageOverRedis({ upstream: upstream.url, edge: edge.url }, { onlooker });
}
