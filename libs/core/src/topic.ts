import type { StreamName } from './event.js';

/** A bus channel's name. */
export type Topic = string;

/** The market a stream belongs to; stands in every channel name so that futures can follow. */
export type Market = 'spot';

/**
 * Channel of a stream's events. The braces are a Redis hash tag: all keys of one stream share a cluster slot.
 *
 * @see https://redis.io/docs/latest/operate/oss_and_stack/reference/cluster-spec/#hash-tags
 */
export const streamTopic = (stream: StreamName, market: Market = 'spot'): Topic => `holdfast:${market}:{${stream}}`;

/** Channel on which every edge says which streams its clients want. */
export const demandTopic = (market: Market = 'spot'): Topic => `holdfast:${market}:demand`;

/** Channel on which an upstream that has just started asks every edge to say its demand now. */
export const demandCallTopic = (market: Market = 'spot'): Topic => `holdfast:${market}:demand-call`;

/** Channel on which the upstream tells one edge how things stand on the streams it newly wants. */
export const welcomeTopic = (edge: string, market: Market = 'spot'): Topic => `holdfast:${market}:welcome:${edge}`;

/** Channel on which the upstream says, every second, that it lives. */
export const heartbeatTopic = (market: Market = 'spot'): Topic => `holdfast:${market}:heartbeat`;
