import { type Market, spot } from '#libs/binance';
import type { Bus, Subscription } from '#libs/bus';
import {
  type BookEvent,
  type Cancel,
  type Clock,
  type Demand,
  type Epoch,
  type FeedCause,
  type FeedEvent,
  type FeedState,
  HEARTBEAT_EVERY_MS,
  HistoryShelf,
  MOST_ANSWERED_LETTERS,
  type MarketEvent,
  type MissedAnswer,
  type Place,
  type StreamHistory,
  type StreamName,
  type Topic,
  type Welcome,
  type WelcomeAnswer,
  decodeDemand,
  encode,
  encodeHeartbeat,
  readMissedQuestion,
  readWelcomeQuestion,
  stamp,
} from '#libs/core';
import { systemClock } from '#libs/runtime';
import { parsedStream } from './parsed-stream.js';

type Fields = Partial<MarketEvent | BookEvent> & { type: (MarketEvent | BookEvent)['type'] };

interface Held extends Place, Pick<Welcome, 'opening'> {
  feed: string;
  latest: string[];
}

interface HandOptions {
  epoch?: Epoch;
  clock?: Clock;
  market?: Market;
  /** Whether it gives those who ask what they have missed. */
  keeps?: boolean;
}

/** An upstream whose events a test writes by hand: it numbers them, welcomes edges and beats, as the real one does. */
export class HandUpstream {
  /** Every demand that was heard, newest last. */
  readonly demands: Demand[] = [];
  /** The names in every question that was heard, newest last. */
  readonly questions: StreamName[][] = [];
  readonly epoch: Epoch;
  private readonly clock: Clock;
  private readonly market: Market;
  private readonly held = new Map<StreamName, Held>();
  private readonly shelf = new HistoryShelf({ streamBytes: 1e9, totalBytes: 1e9, ageMs: 1e9 });
  private readonly histories = new Map<StreamName, StreamHistory>();
  private readonly keeps: boolean;
  private readonly books = new Map<StreamName, () => Fields>();
  private subscriptions: Subscription[] = [];
  private cancelBeat: Cancel = () => undefined;

  constructor(
    private readonly bus: Bus,
    { epoch = 7, clock = systemClock, market = spot, keeps = false }: HandOptions = {},
  ) {
    this.epoch = epoch;
    this.clock = clock;
    this.market = market;
    this.keeps = keeps;
  }

  start(): this {
    const { demand, demandCall, welcome, missed } = this.market.channels;
    const { messages, ask } = this.bus;
    this.subscriptions = [
      messages.subscribe(demand, (text) => this.hear(decodeDemand(text))),
      ask.answer(welcome, (question) => this.welcome(question)),
      ask.answer(missed, (question) => this.missed(question)),
    ];
    messages.publish(demandCall, '{}');
    this.beat();
    return this;
  }

  /** Falls silent, as a process that died. */
  stop(): void {
    this.cancelBeat();
    for (const subscription of this.subscriptions) subscription.end();
  }

  /** Publishes an event on its stream with the next place. Gives its text. */
  publish(stream: StreamName, fields: Fields): string {
    const text = this.write(stream, fields);
    this.bus.messages.publish(this.topicOf(stream), text);
    return text;
  }

  /** Numbers an event and loses it. Gives its text, should it come late after all. */
  lose(stream: StreamName, fields: Fields): string {
    return this.write(stream, fields);
  }

  /** Publishes a text that was lost. */
  deliverLate(stream: StreamName, text: string): void {
    this.bus.messages.publish(this.topicOf(stream), text);
  }

  /** From now on edges that ask are told the book of this stream as it is then. */
  knowBook(stream: StreamName, book: () => Fields): void {
    this.books.set(stream, book);
  }

  /** @param follows the place of an older term behind which this one goes on. */
  feed(stream: StreamName, state: FeedState, cause: FeedCause, follows?: Place): string {
    const text = this.loseFeed(stream, state, cause, follows);
    this.bus.messages.publish(this.topicOf(stream), text);
    return text;
  }

  /** The same, numbered and lost. */
  loseFeed(stream: StreamName, state: FeedState, cause: FeedCause, follows?: Place): string {
    const held = this.hold(stream);
    held.seq += 1;
    held.feed = encode({ ...this.feedEvent(stream, held, state, cause), ...(follows && { follows }) });
    if (follows) held.opening = { follows, to: held.seq };
    else if (held.opening?.to === held.seq - 1) held.opening.to = held.seq;
    this.keep(stream, held.feed);
    return held.feed;
  }

  private hear(demand: Demand | undefined): void {
    if (demand) this.demands.push(demand);
  }

  private keep(stream: StreamName, text: string): void {
    const history = this.histories.get(stream) ?? this.shelf.open();
    if (!history || !this.keeps) return;
    this.histories.set(stream, history);
    history.take(text);
  }

  private missed(asked: unknown): MissedAnswer | undefined {
    const question = readMissedQuestion(asked);
    const texts = question && this.histories.get(question.stream)?.missed(question, MOST_ANSWERED_LETTERS);
    return texts && texts.length > 0 ? { texts } : undefined;
  }

  private welcome(question: unknown): WelcomeAnswer {
    const streams = readWelcomeQuestion(question)?.streams ?? [];
    this.questions.push(streams);
    return { welcomes: streams.map((stream) => this.welcomeTo(stream)) };
  }

  private welcomeTo(stream: StreamName): Welcome {
    const { epoch, seq, feed, latest, opening } = this.hold(stream);
    const book = this.books.get(stream)?.();
    const newest = book ? [this.textOf(stream, { epoch, seq }, book)] : latest;
    return { stream, place: { epoch, seq }, feed, latest: newest, ...(opening && { opening }) };
  }

  private write(stream: StreamName, fields: Fields): string {
    const held = this.hold(stream);
    held.seq += 1;
    const text = this.textOf(stream, held, fields);
    held.latest = [text];
    this.keep(stream, text);
    return text;
  }

  private textOf(stream: StreamName, { epoch, seq }: Place, { type, ...rest }: Fields): string {
    const place = { stream, epoch, seq };
    return JSON.stringify({ type, ...place, receivedAt: stamp(this.clock), ...rest, ...place });
  }

  private hold(stream: StreamName): Held {
    const known = this.held.get(stream);
    if (known) return known;
    const held: Held = { epoch: this.epoch, seq: 0, feed: '', latest: [] };
    held.feed = encode(this.feedEvent(stream, held, 'live', 'first-event'));
    this.held.set(stream, held);
    return held;
  }

  private feedEvent(stream: StreamName, { epoch, seq }: Place, state: FeedState, cause: FeedCause): FeedEvent {
    return { type: 'feed', stream, epoch, seq, state, since: stamp(this.clock), cause, by: 'upstream' };
  }

  private topicOf(stream: StreamName): Topic {
    return this.market.topic(parsedStream(stream, this.market));
  }

  private beat(): void {
    const places = new Map([...this.held].map(([stream, { seq }]) => [stream, seq]));
    const heartbeat = encodeHeartbeat({ epoch: this.epoch, at: stamp(this.clock), places });
    this.bus.messages.publish(this.market.channels.heartbeat, heartbeat);
    this.cancelBeat = this.clock.after(HEARTBEAT_EVERY_MS, () => this.beat());
  }
}
