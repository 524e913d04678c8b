import type { Clock, Random } from '#libs/core';
import type { SimMarket } from '../market/market.js';
import type { MarketSink } from '../market/sink.js';
import type { SimRest } from '../rest/rest.js';
import type { SimConnection } from '../server/connection.js';
import type { FrontDoor } from '../server/front-door.js';
import type { StreamChannels } from '../wire/channels.js';
import type { Parameter, Share } from './parameter.js';

/** What incidents act on. */
export interface World {
  readonly clock: Clock;
  readonly random: Random;
  readonly door: FrontDoor;
  readonly rest: SimRest;
  readonly channels: StreamChannels;
  readonly market: SimMarket;
  readonly sink: MarketSink;
}

/** One kind of misbehaviour: what it does, in a sentence, its parameters, and how to strike it. */
export interface IncidentKind<P extends object> {
  readonly says: string;
  readonly parameters: { readonly [K in keyof P]: Parameter<P[K]> };
  /** Strikes and says how many connections (or streams, where it is about those) were struck at once. */
  strike(world: World, parameters: P): number;
}

/** Infers the parameters' types from the declaration. */
export const incident = <P extends object>(kind: IncidentKind<P>): IncidentKind<P> => kind;

/** The open connections that a share stands for, oldest first. */
export function chosen({ door, random }: World, share: Share): SimConnection[] {
  const open = [...door.open];
  if (open.length === 0 || share === 'all') return open;
  if (share === 'oldest') return open.slice(0, 1);
  if (share === 'newest') return open.slice(-1);
  if (share === 'one') return [open[Math.floor(random() * open.length)]!];
  return open.slice(0, Math.max(1, Math.round(open.length * share)));
}
