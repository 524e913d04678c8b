import calculateSlot from 'cluster-key-slot';
import type { Topic } from '#libs/core';
import type { RedisNames } from '../pubsub/redis-names.js';

const HAS_TAG = /\{[^}]+\}/;

/** Whether a topic has a slot of its own, as that of a stream; all others are where the records are. */
export const isSpread = (topic: Topic): boolean => HAS_TAG.test(topic);

/**
 * What topics and keys are called in a cluster. Before all that is not spread stands one hash tag, so that it is in one slot: what
 * must be done in one step can be, and what processes tell and ask one another keeps its order.
 */
export function clusterNames(prefix: string): RedisNames & { homeSlot: number } {
  const home = `{${prefix || 'holdfast'}}`;
  return {
    homeSlot: calculateSlot(home),
    channel: (topic) => (isSpread(topic) ? prefix : home + prefix) + topic,
    topic: (channel) => channel.slice(channel.startsWith(home) ? home.length + prefix.length : prefix.length),
    key: (name) => home + prefix + name,
  };
}

/** A hash tag that is in one of these slots; nobody has none of them. */
export function tagIn(slots: ReadonlySet<number>): string {
  for (let number = 0; ; number += 1) if (slots.has(calculateSlot(`{${number}}`))) return `{${number}}`;
}

export const slotOf = (channel: string): number => calculateSlot(channel);
