import { EventEmitter } from 'node:events';
import type { Redis } from 'ioredis';
import { beforeEach, expect, it } from 'vitest';
import { silentLog } from '#libs/runtime';
import { FakeClock } from '../../../../../test/support/fake-clock.js';
import { newBusCounts } from '../../local/bus-metrics.js';
import { Subscribers } from '../../local/subscribers.js';
import { Complaints } from './complaints.js';
import { Lane } from './lane.js';

/** A connection that says what the test makes it say. */
class PaperRedis extends EventEmitter {
  status = 'ready';
  cuts = 0;
  readonly stream = { destroy: () => (this.cuts += 1) };
  readonly asked: string[] = [];

  ssubscribe(...names: string[]): Promise<void> {
    this.asked.push(names.join(' '));
    return new Promise(() => undefined);
  }
}

let subscribing: PaperRedis;
let moved: number;
let lane: Lane;
beforeEach(() => {
  subscribing = new PaperRedis();
  moved = 0;
  const [clock, counts] = [new FakeClock(), newBusCounts()];
  const same = (name: string): string => name;
  const connection = (redis: PaperRedis) => ({ redis: redis as unknown as Redis, worked: () => undefined });
  lane = new Lane(
    {
      name: 'node',
      tag: '{7}',
      isShard: true,
      names: { channel: same, topic: same, key: same },
      queueBytes: 1_000,
      flushMs: 0,
      moved: () => (moved += 1),
    },
    {
      publishing: connection(Object.assign(new PaperRedis(), { status: 'wait' })),
      subscribing: connection(subscribing),
      clock,
      counts,
      log: silentLog,
      complaints: new Complaints(silentLog, 'shard'),
      roundTrip: () => undefined,
      address: 'shard',
      hasPassword: false,
    },
    new Subscribers(counts, silentLog),
  );
});

it('a shard that has told unasked that a channel has gone is asked for everything anew, on another connection', () => {
  subscribing.emit('error', new Error('read ECONNRESET'));
  expect([subscribing.cuts, moved]).toEqual([0, 0]);
  const words = 'Command queue state error. If you can reproduce this, please report it. Last reply: sunsubscribe,t,0';
  subscribing.emit('error', new Error(words));
  expect([subscribing.cuts, moved]).toEqual([1, 1]);
});

it('a channel that a shard does not have any more is awaited, for nobody hears it, and somebody is told to look where it is', async () => {
  const told: (string | undefined)[] = [];
  lane.want('t', 'others').onRefused((why) => told.push(why));
  await new Promise((resolve) => void setImmediate(resolve));
  expect(subscribing.asked.at(-1)).toBe('t');
  subscribing.emit('moved');
  await new Promise((resolve) => void setImmediate(resolve));
  expect([told, moved, lane.isWhole]).toEqual([['MOVED to another shard'], 1, false]);
});
