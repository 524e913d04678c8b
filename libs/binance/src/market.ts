import {
  type Channels,
  type MarketEvent,
  type Millis,
  type Result,
  type StreamName,
  type Topic,
  channelsOf,
} from '#libs/core';
import { Catalogue } from './catalogue.js';
import { type Decode, decoderOf } from './decode/decode.js';
import { rebuildArray, rebuildPayload } from './normalize.js';
import type { RetiredName, StreamNameProblem } from './stream-name.js';
import type { AnyDeclaration, KnownType, ParsedStream } from './stream-type.js';
import type { SymbolsSource } from './symbols/exchange-info.js';

/** At most `most` in any `windowMs`. */
export interface RateLimit {
  most: number;
  windowMs: Millis;
}

/** What an exchange allows. */
export interface MarketLimits {
  /** Streams on one connection. */
  streams: number;
  /** Messages to the server on one connection; pings, pongs and requests all count. */
  messages: RateLimit;
  /** Connection attempts of one address. */
  attempts: RateLimit;
  /** The longest request that is answered, in bytes of UTF-8: longer ones vanish without a reply. */
  requestBytes: number;
  /** The longest URL that is understood. */
  urlBytes: number;
  /** A connection is cut at this age. */
  connectionMs: Millis;
  /** Request weight of one address, by REST host. */
  weight: Readonly<Record<string, RateLimit>>;
}

/** A base URL of an exchange's REST API. */
export interface RestHost {
  url: string;
  /** Paths that it does not serve. */
  lacks: readonly string[];
}

/** What a market is declared by. One file holds one of these. */
export interface MarketDeclaration {
  /** Stands in every channel and key: `spot`. */
  name: string;
  types: readonly AnyDeclaration[];
  retired?: Readonly<Record<StreamName, RetiredName>>;
  /** Where it is reached: the streams' base URL, and the hosts of its REST API, the first one preferred. */
  urls: { stream: string; rest: readonly RestHost[] };
  limits: MarketLimits;
  /** How it is asked which symbols there are; absent where nobody can say. */
  symbols?: SymbolsSource;
  /** Put before the edge's paths of this market (`/ws`, `/stream`, `/v1`): two markets say the same ones. Empty, or `/name`. */
  pathPrefix: string;
  /**
   * The path behind the base URL under which a stream is served. Streams of different routes cannot share a connection.
   */
  route(stream: ParsedStream): string;
}

/** One product of Binance as a value: its streams, its limits, where it is reached, how its frames are read and written. */
export interface Market extends Omit<MarketDeclaration, 'types' | 'retired'> {
  readonly types: readonly KnownType[];
  readonly channels: Channels;
  /** The channel of a stream's events. */
  topic(stream: ParsedStream): Topic;
  /** Understands a stream's name, or says what is wrong with it. */
  parse(name: string): Result<ParsedStream, StreamNameProblem>;
  /** The same, cheap also where it is none: then undefined. */
  understand(name: string): ParsedStream | undefined;
  /** Reads one WebSocket message. */
  readonly decode: Decode;
  /** The payload that an event came from. */
  rebuild(event: MarketEvent): unknown;
  /** The array that these events came in, in its order. They must be all parts of one array. */
  rebuildArray(parts: readonly MarketEvent[]): unknown[];
}

/** @throws Error when a stream type is declared badly. */
export function defineMarket({ types, retired, ...declared }: MarketDeclaration): Market {
  const catalogue = new Catalogue(types, retired);
  const channels = channelsOf(declared.name);
  return {
    ...declared,
    types: catalogue.types,
    channels,
    topic: (stream) => channels.stream(stream.name),
    parse: (name) => catalogue.parse(name),
    understand: (name) => catalogue.understand(name),
    decode: decoderOf(catalogue),
    rebuild: (event) => rebuildPayload(catalogue, event),
    rebuildArray: (parts) => rebuildArray(catalogue, parts),
  };
}
