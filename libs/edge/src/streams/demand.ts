import type { Messages, Subscription } from '#libs/bus';
import {
  type Cancel,
  type Channels,
  type Clock,
  DEMAND_EVERY_MS,
  type Epoch,
  type Millis,
  encodeDemand,
} from '#libs/core';
import type { EdgeStream } from './edge-stream.js';

/** Changes that come closer together than this are told to the upstream in one message. */
const COALESCE_MS = 50;

interface DemandParts {
  /** This edge's id. */
  edge: string;
  channels: Channels;
  messages: Messages;
  clock: Clock;
  /** The newest term that this edge has seen; 0 before the first. */
  newest(): Epoch;
  /** The streams that may be demanded now. */
  ready(): EdgeStream[];
  /** Asks how these streams, of which the upstream now knows that they are wanted, stand. */
  ask(streams: EdgeStream[]): void;
  /** The same, because something may have been missed of all of them. */
  askAgain(streams: EdgeStream[]): void;
}

/**
 * The edge's word to the upstream about which streams it wants: on change, when asked, and every two seconds. What is asked
 * about a stream is asked right after the demand that names it, so that the upstream never hears a question about a stream
 * that it does not know to be wanted.
 */
export class DemandVoice {
  private told: ReadonlySet<EdgeStream> = new Set();
  private isAgainWanted = false;
  private lastSentAt: Millis = 0;
  private cancelSend: Cancel | undefined;
  private cancelRepeat: Cancel = () => undefined;
  private call: Subscription | undefined;
  private hasStopped = false;

  constructor(private readonly parts: DemandParts) {}

  start(): void {
    this.hasStopped = false;
    this.call = this.parts.messages.subscribe(this.parts.channels.demandCall, () => this.send());
    this.repeat();
  }

  /**
   * Says nothing more, not even that nothing is wanted: the clients of an edge that stops go to others, which want the same streams when
   * the upstream forgets this one. Streams that were given up for a moment would begin anew, with what the market did meanwhile missing.
   */
  stop(): void {
    this.hasStopped = true;
    this.cancelRepeat();
    this.cancelSend?.();
    this.cancelSend = undefined;
    this.call?.end();
  }

  /** At once when it has been quiet, else when the time to coalesce is over. */
  soon(): void {
    if (this.cancelSend || this.hasStopped) return;
    const waitMs = Math.max(0, this.lastSentAt + COALESCE_MS - this.parts.clock.now());
    this.cancelSend = this.parts.clock.after(waitMs, () => this.send());
  }

  /** The same, and then asks how every stream stands, because something may have been missed. */
  again(): void {
    this.isAgainWanted = true;
    this.soon();
  }

  private repeat(): void {
    this.cancelRepeat = this.parts.clock.after(DEMAND_EVERY_MS, () => {
      this.repeat();
      this.send();
    });
  }

  /** While the bus is down nothing can be said; when it is up again, everything is said and asked again. */
  private send(): void {
    const { edge, channels, messages, clock } = this.parts;
    this.cancelSend?.();
    this.cancelSend = undefined;
    if (messages.state === 'down') return;
    this.lastSentAt = clock.now();
    const ready = this.parts.ready();
    const streams = ready.map(({ name }) => name);
    const epoch = this.parts.newest();
    messages.publish(channels.demand, encodeDemand({ edge, streams, ...(epoch > 0 && { epoch }) }));
    const { told, isAgainWanted } = this;
    this.told = new Set(ready);
    this.isAgainWanted = false;
    if (isAgainWanted) this.parts.askAgain(ready);
    else this.parts.ask(ready.filter((stream) => !told.has(stream)));
  }
}
