import type { Redis } from 'ioredis';
import { type Cancel, type Clock, type Millis, type Topic, doubled } from '#libs/core';
import type { BusCounts, QueueCounts } from '../../local/bus-metrics.js';
import { wordsOf } from './connection.js';
import { type Publication, type PublishErrors, type PublishVerb, publishAll } from '../resp/publications.js';

/** Redis says so of itself and not of the message: it will take it later. */
const IS_FOR_NOW = /^(BUSY|LOADING|MASTERDOWN|CLUSTERDOWN|TRYAGAIN|OOM|MISCONF|READONLY|NOREPLICAS)\b/;

const AGAIN_FIRST_MS: Millis = 20;
const AGAIN_MOST_MS: Millis = 250;

/** Open while what is held by a lease may leave on the present connection. */
export interface HeldGate {
  isOpen: boolean;
}

interface Outgoing extends Publication {
  /** Where its bytes count until Redis has answered. */
  queue: QueueCounts;
  /** Absent where anybody may say it. */
  gate?: HeldGate;
}

/**
 * Publishes at once what one turn of the event loop brought, or some milliseconds did. Bytes that Redis has not answered for are bounded, for each kind of message
 * apart; above the bound newer messages of that kind are dropped. All kinds go together, so that order holds over them. What Redis could
 * not take for the moment is published again, before what came after it.
 */
export class RedisPublisher {
  private gathered: Outgoing[] = [];
  /** What Redis could not take, in order. */
  private refusedForNow: Outgoing[] = [];
  private underWay = 0;
  private triesInVain = 0;
  private again: Cancel | undefined;
  private cancelFlush: Cancel | undefined;

  constructor(
    private readonly redis: Redis,
    private readonly queueBytes: number,
    private readonly clock: Clock,
    private readonly counts: BusCounts,
    /** Told Redis's words when it refuses a message; of those that went together, the first. */
    private readonly refused: (words: string) => void,
    /** For how long messages gather; 0: until the end of the turn. */
    private readonly flushMs: Millis = 0,
    /** How channels of this Redis are published on. */
    private readonly verb: PublishVerb = 'PUBLISH',
  ) {
    redis.on('close', () => this.lose());
  }

  publish(channel: Topic, text: string): void {
    this.add({ channel, text, queue: this.counts.events });
  }

  /** The same for questions and answers: thousands of them at once must not cost anybody a market event. */
  publishAsk(channel: Topic, text: string): void {
    this.add({ channel, text, queue: this.counts.asks });
    // Whoever waits for an answer does not wait for company as well.
    if (this.cancelFlush) this.flushLater(0);
  }

  /** The same as `publish` for what only the holder of a lease may say. What Redis has refused is not said once the gate is shut. */
  publishHeld(gate: HeldGate, channel: Topic, text: string): void {
    if (gate.isOpen) this.add({ channel, text, queue: this.counts.events, gate });
    else this.counts.notHeld += 1;
  }

  /** Whether Redis has answered for everything. */
  get isIdle(): boolean {
    return this.gathered.length + this.refusedForNow.length + this.underWay === 0;
  }

  /** Hands what has gathered to the connection now. */
  flush(): void {
    const again = this.refusedForNow.filter(mayBeKept);
    this.drop(this.refusedForNow.filter((message) => !mayBeKept(message)));
    const outgoing = [...again, ...this.gathered];
    this.counts.publishedAgain += again.length;
    this.waitNoMore();
    if (outgoing.length === 0) return;
    this.underWay += 1;
    publishAll(this.redis, outgoing, (refusals) => this.answered(outgoing, refusals), this.verb);
  }

  private add(message: Outgoing): void {
    const { queue, text } = message;
    if (this.redis.status !== 'ready') {
      this.counts.droppedDown += 1;
    } else if (queue.bytes + text.length > this.queueBytes) {
      queue.droppedFull += 1;
    } else {
      this.counts.published += 1;
      queue.bytes += text.length;
      if (this.gathered.push(message) === 1) this.flushLater(this.flushMs);
    }
  }

  /** After that time, whatever it was to wait for; 0: at the end of this turn. */
  private flushLater(afterMs: Millis): void {
    this.cancelFlush?.();
    this.cancelFlush = undefined;
    if (afterMs === 0) setImmediate(() => this.flushUnlessRefused());
    else this.cancelFlush = this.clock.after(afterMs, () => this.flushUnlessRefused());
  }

  /** While something waits to be published again, what comes after it waits behind it. */
  private flushUnlessRefused(): void {
    if (this.refusedForNow.length === 0) this.flush();
  }

  private answered(outgoing: readonly Outgoing[], refusals: PublishErrors): void {
    this.underWay -= 1;
    for (const [index, message] of outgoing.entries()) this.settle(message, refusals.get(index));
    const words = firstWords(refusals);
    if (words !== undefined) this.refused(words);
    if (this.refusedForNow.length > 0) this.tryLater();
    else this.triesInVain = 0;
  }

  private settle(message: Outgoing, error: Error | undefined): void {
    if (error && mayBeKept(message) && this.redis.status === 'ready' && IS_FOR_NOW.test(wordsOf(error) ?? '')) {
      this.refusedForNow.push(message);
      return;
    }
    message.queue.bytes -= message.text.length;
    if (error) this.counts.droppedFailed += 1;
    else if (this.refusedForNow.length > 0) this.forgetBefore(message);
  }

  /** It was on its way when one before it was refused: that one, published now, would come out of order. */
  private forgetBefore({ channel }: Outgoing): void {
    this.drop(this.refusedForNow.filter((message) => message.channel === channel));
    this.refusedForNow = this.refusedForNow.filter((message) => message.channel !== channel);
  }

  private tryLater(): void {
    if (this.again) return;
    const waitMs = doubled(AGAIN_FIRST_MS, this.triesInVain++, AGAIN_MOST_MS);
    this.again = this.clock.after(waitMs, () => {
      this.again = undefined;
      // Answers to what was sent before it say what else is to be published again.
      if (this.underWay > 0) this.tryLater();
      else this.flush();
    });
  }

  /** The connection is gone; whoever is told so asks how things stand when it is back. */
  private lose(): void {
    this.drop([...this.refusedForNow, ...this.gathered]);
    this.waitNoMore();
  }

  private drop(messages: readonly Outgoing[]): void {
    this.counts.droppedFailed += messages.length;
    for (const { queue, text } of messages) queue.bytes -= text.length;
  }

  private waitNoMore(): void {
    this.again?.();
    this.again = undefined;
    this.cancelFlush?.();
    this.cancelFlush = undefined;
    this.refusedForNow = [];
    this.gathered = [];
  }
}

/** What Redis said of the first one that it refused. */
function firstWords(refusals: PublishErrors): string | undefined {
  for (const error of refusals.values()) {
    const words = wordsOf(error);
    if (words !== undefined) return words;
  }
  return undefined;
}

/** Published again later, it would come after what the next holder of the lease has said. */
const mayBeKept = ({ gate }: Outgoing): boolean => gate?.isOpen !== false;
