import type { BookEvent, FeedEvent, StreamName, UnknownEvent } from '#libs/core';
import { NativeClient, type SubscribeOptions } from './client.js';
import { EventReader, type ReadOptions } from './reading/event-reader.js';
import { type BookOptions, type DepthStream, OrderBook } from './reading/order-book.js';
import type { EventOf } from './streams/event-of.js';
import type { StreamListener } from './streams/listeners.js';
import type { StreamState } from './streams/states.js';

/** Whatever comes on a stream, books and feed states included. */
export type AnyEventOf<S extends StreamName> = EventOf<S> | BookEvent | FeedEvent | UnknownEvent;

/**
 * A client of a gateway, with the ways of reading streams that programs like: callbacks, loops, states as values, books.
 *
 * ```ts
 * const client = new HoldfastClient({ url: 'ws://127.0.0.1:9443' });
 * client.start();
 * client.on('btcusdt@trade', ({ id, price, quantity }) => console.log(id, price, quantity)); // a Trade, by the stream's name
 * for await (const { openAt, close } of client.stream('ethusdt@kline_1m')) console.log(openAt, close);
 * ```
 */
export class HoldfastClient extends NativeClient {
  /** Tells the events of a stream; `subscribe` tells the rest, too. The function returned ends it. */
  on<S extends StreamName>(stream: S, tell: (event: EventOf<S>) => void, options?: SubscribeOptions): () => void {
    return this.subscribe(stream, { event: tell }, options);
  }

  /** The events of a stream, to be read in a loop; with `everything` its feed states and books as well. */
  stream<S extends StreamName>(
    stream: S,
    options: SubscribeOptions & ReadOptions & { everything: true },
  ): EventReader<AnyEventOf<S>>;
  stream<S extends StreamName>(
    stream: S,
    options?: SubscribeOptions & ReadOptions & { everything?: false },
  ): EventReader<EventOf<S>>;
  stream<S extends StreamName>(stream: S, options: SubscribeOptions & ReadOptions = {}): EventReader<AnyEventOf<S>> {
    return new EventReader((listener) => this.subscribe<StreamName>(stream, listener, options), options);
  }

  /** How a stream is that somebody listens to here, or was refused; undefined for others. */
  state(stream: StreamName): StreamState | undefined {
    return this.states.of(stream);
  }

  /** Tells how a stream is, now where that is known, and at each change. It does not listen to the stream by itself. */
  onState(stream: StreamName, tell: (state: StreamState) => void): () => void {
    return this.states.watch(stream, tell);
  }

  /**
   * Keeps the book of a stream of diffs, until it is closed. Where others listen to the stream already, and none of them takes
   * books, it begins with the next book that the gateway tells.
   *
   * @throws TypeError where the name is not that of such a stream.
   */
  book(stream: DepthStream, options?: BookOptions): OrderBook {
    if (!/@depth(@\d+ms)?$/.test(stream)) {
      throw new TypeError(`expected a stream of diffs, like btcusdt@depth, not ${stream}`);
    }
    const ports = {
      subscribe: (listener: StreamListener<DepthStream>) => this.subscribe(stream, listener),
      state: () => this.state(stream),
      watchState: (tell: (state: StreamState) => void) => this.onState(stream, tell),
    };
    return new OrderBook(ports, options);
  }
}
