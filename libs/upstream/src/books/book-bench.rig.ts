import { type ParsedStream, spot } from '#libs/binance';
import { type Result, type StreamEvent, type StreamName, decode, ok } from '#libs/core';
import type { RestFailure, RestRequest } from '#libs/rest';
import { silentLog } from '#libs/runtime';
import { Books, type BooksParts } from './books.js';
import type { Series } from '../streams/series.js';
import { Streams } from '../streams/streams.js';
import { FakeClock } from '../../../../test/support/fake-clock.js';
import { ModelBook } from '../../../../test/support/model-book.js';
import { streamOf } from '../../../../test/support/series-rig.js';

export interface BookBenchOptions {
  streams: readonly StreamName[];
  /** Other than those of spot. */
  stages?: readonly { levels: number; weight: number }[];
  settings?: BooksParts['settings'];
  isAsked?: BooksParts['isAsked'];
  log?: BooksParts['log'];
  byAsk?: (clock: FakeClock, streams: Streams) => BooksParts['byAsk'];
}

/** A request that was not answered yet. */
interface Asked extends RestRequest {
  say(answer: Result<unknown, RestFailure>): void;
}

/** One exchange's book, its streams of diffs, a REST API that answers when and what a test says, and the books that are kept of it. */
export class BookBench {
  readonly exchange = new ModelBook();
  readonly clock = new FakeClock();
  /** Requests that were not answered yet, oldest first. */
  readonly asked: Asked[] = [];
  readonly books: Books;
  readonly streams: Streams;
  private readonly said: StreamEvent[] = [];
  /** The line that carries the streams. */
  private line = 1;
  private readonly stages: BookBenchOptions['stages'];

  constructor({ streams, stages, settings, isAsked, log = silentLog, byAsk }: BookBenchOptions) {
    const { clock, said } = this;
    const messages = {
      state: 'up' as const,
      publish: (_: string, text: string) => void said.push(eventOf(text)),
      subscribe: () => ({ ready: Promise.resolve(), onRefused: () => undefined, end: () => undefined }),
      onState: () => () => undefined,
    };
    const memory = { recall: () => undefined, forget: () => undefined };
    this.streams = new Streams(spot, messages, clock, { holdMs: 2_000, fillMs: 60_000, mostWaiting: 15 }, memory);
    this.books = new Books({
      rest: { get: (request, signal) => this.get(request, signal) },
      byAsk: byAsk?.(clock, this.streams),
      streams: this.streams,
      clock,
      log,
      settings: settings ?? { bookLevels: 1_000, bookUnbridged: false },
      isAsked: isAsked ?? (() => true),
    });
    this.streams.remember((name) => this.books.open(name));
    this.streams.repairs.employ([this.books]);
    this.streams.beginTerm(1, true);
    this.stages = stages;
    for (const name of streams) this.open(name);
  }

  /** A stream is wanted, and the line carries it. */
  open(name: StreamName): void {
    this.streams.open(withStages(streamOf(name), this.stages)).sources.open(1, this.clock.now());
  }

  series(name: StreamName): Series {
    const series = this.streams.wanted.get(name);
    if (!series) throw new Error(`${name} is not wanted`);
    return series;
  }

  /** What was published since the last call. */
  heard(): StreamEvent[] {
    return this.said.splice(0);
  }

  /** All that has changed leaves the exchange as one diff; it comes on this stream, or is lost. */
  diff(name: StreamName, isLost = false): void {
    const diff = this.exchange.takeDiff(name);
    if (!diff || isLost) return;
    const series = this.series(name);
    this.streams.publish(series, series.accept([diff], this.line, this.clock.now()));
  }

  /** The line of this stream ends, and the next one opens at once. */
  reconnect(name: StreamName): void {
    const series = this.series(name);
    const now = this.clock.now();
    this.streams.publish(series, series.sourceGone(this.line, now));
    this.streams.publish(series, series.become({ state: 'recovering', cause: 'connection-lost' }, now));
    this.line += 1;
    series.sources.open(this.line, now);
  }

  /** The line is known to carry the stream by now. */
  confirm(name: StreamName): void {
    this.series(name).confirm(this.clock.now(), this.clock.now());
  }

  /** Answers one request with the book as it was so many ids ago. */
  async answer(which = 0, back = 0): Promise<void> {
    const [one] = this.asked.splice(which, 1);
    const id = Math.max(this.exchange.firstId, this.exchange.id - back);
    one?.say(ok(this.exchange.snapshot(id, Number(one.query['limit']))));
    await this.settle();
  }

  async fail(failure: Partial<RestFailure> = {}): Promise<void> {
    this.asked.shift()?.say({ ok: false, problem: { why: 'down', retryInMs: 500, isFinal: false, ...failure } });
    await this.settle();
  }

  /** Time passes, as an upstream ticks. */
  async pass(ms: number): Promise<void> {
    for (let passed = 0; passed < ms; passed += 100) {
      this.clock.advance(100);
      this.streams.tick(this.clock.now());
      this.books.tick(this.clock.now());
      await this.settle();
    }
  }

  private get(request: RestRequest, signal: AbortSignal): Promise<Result<unknown, RestFailure>> {
    return new Promise((say) => {
      const one = { ...request, say };
      this.asked.push(one);
      signal.addEventListener('abort', () => {
        this.asked.splice(this.asked.indexOf(one), 1);
        say({ ok: false, problem: { why: 'given up', retryInMs: 0, isFinal: false } });
      });
    });
  }

  private async settle(): Promise<void> {
    for (let turn = 0; turn < 8; turn += 1) await Promise.resolve();
  }
}

export function eventOf(text: string): StreamEvent {
  const event = decode(text);
  if (!event.ok) throw new Error(event.problem);
  return event.value;
}

function withStages(stream: ParsedStream, stages: BookBenchOptions['stages']): ParsedStream {
  const { book } = stream.known;
  if (!book || !stages) return stream;
  return { ...stream, known: { ...stream.known, book: { ...book, snapshot: { ...book.snapshot, stages } } } };
}
