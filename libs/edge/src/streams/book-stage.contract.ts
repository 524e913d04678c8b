import { spot } from '#libs/binance';
import { Book, type BookEvent, type FeedEvent, type Place, type StreamEvent } from '#libs/core';
import { Metrics } from '#libs/runtime';
import type { Hearer } from '../delivery/crowd.js';
import type { BinanceRendition, Rendition } from '../delivery/rendition.js';
import { EdgeMetrics } from '../metrics/edge-metrics.js';
import { EdgeStream } from './edge-stream.js';
import { Intake } from './intake.js';
import { bookOf, snapshot } from './telling.js';
import { FakeClock } from '../../../../test/support/fake-clock.js';
import { LocalBook, type WireDiff } from '../../../../test/support/local-book.js';
import type { MarketBook } from '../../../../test/support/market-book.js';
import { parsedStream } from '../../../../test/support/parsed-stream.js';
import { newShelf } from './market-streams.rig.js';

export const DEPTH = 'btcusdt@depth@100ms';
export const OWN_SNAPSHOT_MS = 5_000;

/** A client that joins topics, as a session does. */
abstract class Listener implements Hearer {
  readonly topics = new Set<string>();

  constructor(public rendition: Rendition) {}

  abstract take(text: string): void;

  join(topic: string): void {
    this.topics.add(topic);
  }

  leave(topic: string): void {
    this.topics.delete(topic);
  }
}

/** Keeps a book by Binance's recipe, and notes each diff that it got. */
export class WireClient extends Listener {
  readonly diffs: WireDiff[] = [];
  readonly book: LocalBook;

  constructor(
    rendition: BinanceRendition,
    readonly market: MarketBook,
  ) {
    super(rendition);
    this.book = new LocalBook(() => market.book());
  }

  take(text: string): void {
    const message = JSON.parse(text) as WireDiff & { data: WireDiff };
    const diff = this.rendition.startsWith('combined') ? message.data : message;
    this.diffs.push(diff);
    this.book.take(diff);
  }
}

/** Reads `/v1` as PROTOCOL.md says: a gap makes its book worthless until the next one comes. */
export class NativeReader extends Listener {
  readonly faults: string[] = [];
  known: Book | undefined;

  constructor() {
    super('native');
  }

  take(text: string): void {
    const event = JSON.parse(text) as StreamEvent;
    if (event.type === 'feed' && event.state === 'gap') this.known = undefined;
    else if (event.type === 'book') this.takeBook(event);
    else if (event.type === 'depth' && this.known) {
      if (event.firstUpdateId > this.known.id + 1) this.faults.push(`${event.firstUpdateId} after ${this.known.id}`);
      this.known.apply(event);
    }
  }

  private takeBook(event: BookEvent): void {
    this.known ??= new Book();
    this.known.take(event);
  }
}

/** A stream of an edge under a hand that publishes, loses and welcomes; and everybody who hears it. */
export class BookStage {
  readonly clock = new FakeClock();
  readonly metrics = new EdgeMetrics(new Metrics());
  readonly listeners = new Set<Listener>();
  readonly place: Place = { epoch: 7, seq: 0 };
  readonly stream: EdgeStream;
  isAsked = false;
  private readonly intake: Intake;
  private readonly deliver: (text: string) => void;

  constructor(
    readonly market: MarketBook,
    ownSnapshotMs = OWN_SNAPSHOT_MS,
  ) {
    const { clock, metrics } = this;
    const publish = (topic: string, text: string): void => {
      for (const listener of this.listeners) if (listener.topics.has(topic)) listener.take(text);
    };
    const ask = (): void => void (this.isAsked = true);
    this.intake = new Intake({
      clock,
      publish,
      metrics,
      sees: () => true,
      ask,
      fetch: (_question, _stream, told) => told([]),
    });
    const surroundings = { publish, counts: metrics.counts, clock, ownSnapshotMs, shelf: newShelf() };
    this.stream = new EdgeStream(spot, parsedStream(DEPTH), clock.now(), surroundings);
    this.deliver = this.intake.deliverTo(this.stream);
  }

  add<L extends Listener>(listener: L): L {
    this.listeners.add(listener);
    this.stream.audience.add(listener.rendition);
    this.stream.audience.seat(listener);
    if (listener.rendition === 'native') {
      for (const text of [...snapshot(this.stream), ...bookOf(this.stream)]) listener.take(text);
    }
    return listener;
  }

  remove(listener: Listener): void {
    this.stream.audience.unseat(listener);
    this.stream.audience.remove(listener.rendition);
    this.listeners.delete(listener);
  }

  wire(rendition: BinanceRendition): WireClient {
    return this.add(new WireClient(rendition, this.market));
  }

  native(): NativeReader {
    return this.add(new NativeReader());
  }

  /** A client that has been there for so long that it is bridged. */
  settled(rendition: BinanceRendition): WireClient {
    const client = this.wire(rendition);
    this.diff();
    this.clock.advance(OWN_SNAPSHOT_MS);
    this.diff();
    return client;
  }

  diff(changes?: number): void {
    this.publish(this.market.diff(changes));
  }

  book(levels?: number): void {
    this.publish(this.market.book(levels));
  }

  publish(fields: object): void {
    this.deliver(this.write(fields));
  }

  /** Numbers a message and delivers it broken, though its beginning and its end are right. */
  garble(fields: object): void {
    this.deliver(this.write(fields).replace(/}$/, ',"later":}'));
  }

  /** Numbers a message that the edge never gets. */
  lose(fields: object): void {
    this.write(fields);
  }

  newTerm(): void {
    this.place.epoch += 1;
    this.place.seq = 0;
    this.feed('recovering', 'subscribing');
  }

  feed(state: FeedEvent['state'], cause: FeedEvent['cause']): void {
    this.publish({ type: 'feed', state, since: 1, cause, by: 'upstream' });
  }

  /** Says how the stream stands, with this book, or with none. */
  welcome(book: object | 'none' = this.market.book(), state: FeedEvent['state'] = 'live'): void {
    this.isAsked = false;
    const head = { stream: DEPTH, ...this.place };
    const said = { ...head, seq: 1, state, since: 1, cause: 'first-event', by: 'upstream' };
    const feed = JSON.stringify({ type: 'feed', ...said });
    const latest = book !== 'none' ? [JSON.stringify({ type: 'book', ...head, receivedAt: 1, ...book })] : [];
    this.intake.welcome(this.stream, { stream: DEPTH, place: { ...this.place }, feed, latest });
  }

  /** The present place, or one so many messages from there. */
  present(from = 0): Place {
    return { epoch: this.place.epoch, seq: this.place.seq + from };
  }

  private write(fields: object): string {
    this.place.seq += 1;
    const { type, ...rest } = fields as { type: string };
    return JSON.stringify({ type, stream: DEPTH, ...this.place, receivedAt: 1, ...rest });
  }
}
