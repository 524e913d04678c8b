import { spot } from '#libs/binance';
import { RedisBus } from '#libs/bus';
import {
  type Cancel,
  type Clock,
  DEMAND_EVERY_MS,
  type Place,
  type StreamEvent,
  type StreamName,
  decode,
  encodeDemand,
} from '#libs/core';
import { Ledger } from '../audit/ledger.js';
import { StrictCheck, type Truth } from '../audit/strict/strict-check.js';
import { type Position, positionOfEvent } from '../audit/position.js';
import type { Watcher } from './watcher.js';

export interface RedisReaderOptions {
  clock: Clock;
  redisUrl: string;
  streams: readonly StreamName[];
  truth: Truth;
}

/**
 * A program that reads Redis and nothing else: it says what it wants, checks places, and after a change of terms drops what it had
 * already, as the protocol tells it to.
 */
export class RedisReader implements Watcher {
  readonly protocol = 'native';
  readonly ledger = new Ledger();
  readonly check: StrictCheck;
  readonly streams: readonly StreamName[];
  readonly lost = undefined;
  messages = 0;
  private readonly bus: RedisBus;
  private readonly newest = new Map<string, { position: Position; epoch: number }>();
  private repeat: Cancel = () => undefined;

  constructor(
    readonly name: string,
    private readonly options: RedisReaderOptions,
  ) {
    this.streams = options.streams;
    this.check = new StrictCheck(name, options.truth);
    this.bus = new RedisBus({ redisUrl: options.redisUrl, queueBytes: 1_000_000 });
  }

  async start(): Promise<void> {
    await this.bus.start();
    const { messages } = this.bus;
    const heard = this.streams.map((stream) =>
      messages.subscribe(spot.channels.stream(stream), (text) => this.take(text)),
    );
    await Promise.all(heard.map(({ ready }) => ready));
    this.want();
  }

  async stop(): Promise<void> {
    this.repeat();
    await this.bus.stop();
  }

  private want(): void {
    this.bus.messages.publish(
      spot.channels.demand,
      encodeDemand({ edge: this.name.replaceAll(' ', '-'), streams: [...this.streams] }),
    );
    this.repeat = this.options.clock.after(DEMAND_EVERY_MS, () => this.want());
  }

  private take(text: string): void {
    const event = decode(text);
    if (!event.ok) return this.check.note('', event.problem);
    this.messages += 1;
    // What is dropped keeps its place, which the ledger must know of.
    if (this.isKnown(event.value)) return this.ledger.welcome(event.value.stream, placeOf(event.value));
    this.ledger.event(event.value);
    this.check.event(event.value);
    const position = positionOfEvent(event.value);
    if (position) this.newest.set(keyOf(event.value, position), { position, epoch: event.value.epoch });
  }

  /** A new term says again what came after the place it follows, where that was not the last one. */
  private isKnown(event: StreamEvent): boolean {
    const position = positionOfEvent(event);
    const newest = position && this.newest.get(keyOf(event, position));
    if (!newest || event.epoch <= newest.epoch) return false;
    const [major, known] = [majorOf(position), majorOf(newest.position)];
    return major < known || (major === known && position.last <= newest.position.last);
  }
}

const keyOf = ({ stream }: StreamEvent, { series }: Position): string => `${stream} ${series}`;
const majorOf = (position: Position): number => (position.rule === 'rising' ? position.major : 0);
const placeOf = ({ epoch, seq }: StreamEvent): Place => ({ epoch, seq });
