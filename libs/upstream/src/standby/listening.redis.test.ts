import { Redis } from 'ioredis';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { spot } from '#libs/binance';
import { RedisBus } from '#libs/bus';
import { type StreamName, encode } from '#libs/core';
import { systemClock } from '#libs/runtime';
import { trade } from '../../../../test/support/series-rig.js';
import { type TestRedis, startRedis } from '../../../../test/support/start-redis.js';
import { until } from '../../../../test/support/until.js';
import type { Series } from '../streams/series.js';
import { Listening } from './listening.js';
import { StandingDesk } from './standing-desk.js';
import { inOrder, wantedSeries } from './standby.rig.js';

const NAME = 'btcusdt@trade';
const CHANNEL = spot.channels.standing;

let redis: TestRedis;
let operator: Redis;
let buses: RedisBus[];
let desks: StandingDesk[];

beforeEach(async () => {
  redis = await startRedis();
  operator = new Redis(redis.url);
  buses = [0, 1].map(() => new RedisBus({ redisUrl: redis.url, queueBytes: 1e6, prefix: '' }));
  desks = [];
  for (const bus of buses) await bus.start();
});
afterEach(async () => {
  for (const desk of desks) desk.stop();
  for (const bus of buses) await bus.stop();
  operator.disconnect();
  await redis.stop();
});

/** One of the two upstreams: what it wants, hears and is asked. */
function newUpstream(bus: RedisBus, isLeading: boolean) {
  const series = wantedSeries(NAME);
  series.wholeSince = 0;
  const wanted = new Map<StreamName, Series>([[NAME, series]]);
  const { messages, ask } = bus;
  const carriedSince = (): number => -Infinity;
  const trim = (): void => undefined;
  const listening = new Listening({ messages, clock: systemClock, wanted, carriedSince, lagMs: 0, trim });
  const streams = { wanted, epoch: 1 };
  const parts = { ask, channel: CHANNEL, clock: systemClock, streams, listening, isLeading: () => isLeading };
  const desk = new StandingDesk(parts);
  desk.start();
  desks.push(desk);
  return { bus, series, listening, desk };
}

it('what was said while our connection was gone is not taken for unsaid: we are unsure, and ask', async () => {
  const [leader, standby] = [newUpstream(buses[0]!, true), newUpstream(buses[1]!, false)];
  const topic = leader.series.topic;
  let id = 0;
  const say = (): void => {
    const event = inOrder(trade(++id));
    leader.series.transcript.say(event);
    leader.bus.messages.publish(topic, encode(event));
  };
  const { listening, desk } = standby;
  const isSure = (): boolean => {
    desk.tick(systemClock.now());
    return listening.unsure === 0;
  };
  say();
  listening.begin();
  // Nothing has been heard: only an answer makes it sure.
  await until(isSure);
  for (let outage = 0; outage < 5; outage += 1) {
    say();
    await until(() => listening.of(NAME)?.mark?.place.seq === id);
    await operator.client('KILL', 'TYPE', 'pubsub');
    say();
    await until(() => standby.bus.messages.state === 'down');
    expect(listening.unsure).toBe(1);
    await until(isSure);
    expect(listening.of(NAME)?.mark).toMatchObject({ place: { epoch: 1, seq: id }, event: { id }, isEventLost: false });
  }
  listening.end();
});
