import { setImmediate as nextTurn } from 'node:timers/promises';
import { beforeEach, expect, it } from 'vitest';
import type { Lane } from '../pubsub/lane.js';
import { WantedChannel } from '../pubsub/wanted-channel.js';
import { RoamingChannel } from './roaming-channel.js';

/** A shard on which the test decides what stands. */
class PaperShard {
  channel: WantedChannel | undefined;

  want(topic: string): WantedChannel {
    this.channel = new WantedChannel(topic, false);
    return this.channel;
  }

  drop(): void {
    this.channel = undefined;
  }
}

const asLane = (shard: PaperShard): Lane => shard as unknown as Lane;

let one: PaperShard;
let other: PaperShard;
let roaming: RoamingChannel;
let told: (string | undefined)[];
beforeEach(() => {
  [one, other] = [new PaperShard(), new PaperShard()];
  roaming = new RoamingChannel('t', 'others');
  told = [];
  roaming.onDeaf((why) => told.push(why));
});

const stand = async (shard: PaperShard): Promise<void> => {
  shard.channel?.stand();
  await nextTurn();
};

it('is wanted where its slot is, and nowhere else', async () => {
  roaming.goTo(asLane(one), false);
  await stand(one);
  roaming.goTo(asLane(other), false);
  expect([one.channel, other.channel?.name]).toEqual([undefined, 't']);
  roaming.leave();
  expect(other.channel).toBeUndefined();
});

it('is ready when it stands for the first time, wherever that is', async () => {
  let isReady = false;
  void roaming.ready.then(() => (isReady = true));
  roaming.goTo(asLane(one), false);
  roaming.goTo(asLane(other), false);
  await nextTurn();
  expect(isReady).toBe(false);
  await stand(other);
  expect(isReady).toBe(true);
});

it('is deaf from the moment it goes until it stands; where everybody is told otherwise it does not say so', async () => {
  roaming.goTo(asLane(one), false);
  await stand(one);
  expect(told).toEqual([]);
  roaming.goTo(asLane(other), false);
  expect(told).toEqual([expect.stringContaining('another shard')]);
  await stand(other);
  expect(told).toEqual([expect.any(String), undefined]);
  roaming.goTo(asLane(one), true);
  await stand(one);
  expect(told).toHaveLength(2);
});

it('says what is wrong with its shard before what is wrong with itself, each once', async () => {
  roaming.goTo(asLane(one), false);
  one.channel?.refuse('NOPERM');
  roaming.shardIs('away');
  roaming.shardIs('away');
  const late: (string | undefined)[] = [];
  roaming.onDeaf((why) => late.push(why))();
  roaming.shardIs(undefined);
  await stand(one);
  expect([told, late]).toEqual([['NOPERM', 'away', 'NOPERM', undefined], ['away']]);
});

it('forgets what was refused on a connection that is gone', async () => {
  roaming.goTo(asLane(one), false);
  await stand(one);
  one.channel?.lose();
  one.channel?.refuse('NOPERM');
  one.channel?.lose();
  roaming.shardIs('away');
  await stand(one);
  roaming.shardIs(undefined);
  expect(told).toEqual(['NOPERM', 'away', undefined]);
});
