import type { StreamName } from './event.js';

/** A bus channel's or key's name. */
export type Topic = string;

/** The channels and keys of one market on the bus. Two markets never share one. */
export interface Channels {
  /**
   * Channel of a stream's events. The braces are a Redis hash tag: all keys of one stream share a cluster slot.
   *
   * @see https://redis.io/docs/latest/operate/oss_and_stack/reference/cluster-spec/#hash-tags
   */
  stream(stream: StreamName): Topic;
  /** On which every edge says which streams its clients want. */
  readonly demand: Topic;
  /** On which an upstream that has just started asks every edge to say its demand now. */
  readonly demandCall: Topic;
  /** On which edges answer it how far they got, where it asks that. */
  readonly reached: Topic;
  /** On which edges ask how streams stand. */
  readonly welcome: Topic;
  /** On which edges ask each other for the end of a term that is over. */
  readonly missed: Topic;
  /** On which edges ask the upstream which symbols there are. */
  readonly symbols: Topic;
  /** On which an upstream that stands by asks the one that publishes how far streams have got. */
  readonly standing: Topic;
  /** On which the one that publishes asks those that stand by for what its own lines lack. */
  readonly withheld: Topic;
  /** On which an upstream that is about to go asks who can go on. */
  readonly succession: Topic;
  /** On which it says that it has gone. */
  readonly left: Topic;
  readonly heartbeat: Topic;
  /** Key of the newest term. */
  readonly epoch: Topic;
  /** Key of the lease: whose turn it is to publish. */
  readonly lead: Topic;
  /** Key of the marks: how far each stream was. */
  readonly marks: Topic;
  /** Key of the connection attempts that all processes have taken. */
  readonly attempts: Topic;
  /** Key of the request weight that all processes have spent at a host of the REST API. */
  weight(host: string): Topic;
}

/** @param market the market's name; it stands in all of them. */
export function channelsOf(market: string): Channels {
  const root = `holdfast:${market}`;
  return {
    stream: (stream) => `${root}:{${stream}}`,
    demand: `${root}:demand`,
    demandCall: `${root}:demand-call`,
    reached: `${root}:reached`,
    welcome: `${root}:welcome`,
    missed: `${root}:missed`,
    symbols: `${root}:symbols`,
    standing: `${root}:standing`,
    withheld: `${root}:withheld`,
    succession: `${root}:succession`,
    left: `${root}:left`,
    heartbeat: `${root}:heartbeat`,
    epoch: `${root}:epoch`,
    lead: `${root}:{lead}`,
    marks: `${root}:marks`,
    attempts: `${root}:{attempts}`,
    weight: (host) => `${root}:{weight:${host}}`,
  };
}
