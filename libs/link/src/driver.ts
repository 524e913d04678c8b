import { type Cancel, type Clock, type Millis, type Random, assertNever } from '#libs/core';
import { type RetryPolicy, retryAfter } from './backoff.js';
import { type Ending, type OwnReason, endingByUs, endingOfClose, endingOfFailure, endingOfRefusal } from './ending.js';
import type { Dial, Endpoints, Socket } from './socket.js';
import { type Effect, type Link, type LinkEvent, idleLink, step } from './step.js';
import { ATTEMPTING, type LinkState } from './table.js';

/** What a link needs of the world. */
export interface LinkPorts {
  dial: Dial;
  clock: Clock;
  random: Random;
  /** Asked before every attempt: 0 lets it begin, more says how long to wait before asking again. Absent: always 0. */
  permit?: () => Promise<Millis>;
}

/** What a link tells its owner. Every call is about the living attempt. */
export interface LinkEvents {
  /** An attempt begins; the URL is the one it dials. */
  dialing(attempt: number, url: string): void;
  opened(endpoints: Endpoints): void;
  /** One message. The owner says `heard()` when it was valid data. */
  readonly message: (bytes: Uint8Array, isBinary: boolean) => void;
  heartbeat(kind: 'ping' | 'pong'): void;
  /** The attempt is over. `retryMs` is the wait before the next one; absent when there will be none. */
  ended(ending: Ending, retryMs?: Millis): void;
}

/**
 * Keeps one WebSocket alive: carries out what `step` decides. Holds no opinion of its own; every state is in the link,
 * and a callback of an attempt that is not the living one does nothing.
 */
export class LinkDriver {
  private link: Link = idleLink;
  private socket: Socket | undefined;
  private cancelWait: Cancel | undefined;
  private stopped: Promise<void> | undefined;
  private socketGone: () => void = () => undefined;

  /** @param url Asked at each attempt, so that each restores what is wanted then. */
  constructor(
    private readonly ports: LinkPorts,
    private readonly policy: RetryPolicy,
    private readonly url: () => string,
    private readonly events: LinkEvents,
  ) {}

  get state(): LinkState {
    return this.link.state;
  }

  /** Begins; a link begins once. */
  start(): void {
    this.handle({ type: 'start' });
  }

  /** Valid data came: from now on the connection is live, and failures before it count for little; if that lasts, for nothing. */
  heard(): void {
    if (this.link.state === 'open') this.handle({ type: 'heard', at: this.ports.clock.now() });
  }

  /** Sends on the open connection; false when there is none. */
  send(text: string): boolean {
    if (this.link.state !== 'open' && this.link.state !== 'live') return false;
    this.socket?.send(text);
    return true;
  }

  /** Gives the living attempt up and lets the next one follow. Nothing when there is no living attempt. */
  hangUp(cause: OwnReason, reason: string): void {
    this.lose(endingByUs(cause, reason));
  }

  /** Ends for good, with a close frame (1000) where there is somebody to read it. Resolves when the socket is gone. */
  async stop(cause: OwnReason = 'stopped', reason = 'stopped'): Promise<void> {
    this.stopped ??= this.socket
      ? new Promise((resolve) => {
          this.socketGone = resolve;
        })
      : Promise.resolve();
    this.handle({ type: 'stop', ending: endingByUs(cause, reason) });
    await this.stopped;
  }

  private handle(event: LinkEvent): void {
    const [next, effects] = step(this.link, event, this.policy.steadyMs);
    this.link = next;
    const retry = effects.find((effect) => effect.do === 'retry');
    const retryMs = retry && retryAfter(retry, this.policy, this.ports.random);
    for (const effect of effects) this.carryOut(effect, retryMs);
  }

  private carryOut(effect: Effect, retryMs: Millis | undefined): void {
    switch (effect.do) {
      case 'dial':
        return void this.askAndDial();
      case 'hangUp':
        return this.letGo();
      case 'report':
        return this.events.ended(effect.ending, retryMs);
      case 'retry':
        return this.wait(retryMs ?? 0);
      case 'hold':
        return this.wait(effect.forMs);
      case 'unwait':
        return this.cancelWait?.();
      default:
        assertNever(effect);
    }
  }

  private wait(ms: Millis): void {
    // The owner may have stopped the link from inside `ended`.
    if (this.link.state !== 'waiting') return;
    this.cancelWait = this.ports.clock.after(ms, () => this.handle({ type: 'waited' }));
  }

  private async askAndDial(): Promise<void> {
    const { permit } = this.ports;
    if (!permit) return this.dial();
    const decide = this.only((forMs: Millis) => (forMs > 0 ? this.handle({ type: 'held', forMs }) : this.dial()));
    decide(await permit());
  }

  private dial(): void {
    if (this.link.state !== 'dialing') return;
    const url = this.url();
    this.events.dialing(this.link.attempt, url);
    const { attempt } = this.link;
    const lose = this.only((ending: Ending) => this.lose(ending));
    const finish = (ending: Ending): void => {
      if (attempt === this.link.attempt) this.socketGone();
      lose(ending);
    };
    this.socket = this.ports.dial(url, {
      opened: this.only((endpoints: Endpoints) => {
        this.handle({ type: 'opened', at: this.ports.clock.now() });
        this.events.opened(endpoints);
      }),
      message: this.only(this.events.message),
      heartbeat: this.only((kind: 'ping' | 'pong') => {
        this.handle({ type: 'beat', at: this.ports.clock.now() });
        this.events.heartbeat(kind);
      }),
      refused: (refusal) => finish(endingOfRefusal(refusal)),
      failed: (failure) => finish(endingOfFailure(failure)),
      closed: (closing) => finish(endingOfClose(closing)),
    });
  }

  private lose(ending: Ending): void {
    this.handle({ type: 'lost', at: this.ports.clock.now(), ending });
  }

  /** Ends what is left of the attempt's socket. A stopping link says goodbye, a lost one has nobody to say it to. */
  private letGo(): void {
    const { socket } = this;
    this.socket = undefined;
    if (this.link.state === 'closed') socket?.close(1000, '');
    else socket?.terminate();
  }

  /** A callback that does nothing once another attempt lives, or none: late events of dead sockets are the worst bugs. */
  private only<A extends unknown[]>(act: (...args: A) => void): (...args: A) => void {
    const { attempt } = this.link;
    return (...args) => {
      if (attempt === this.link.attempt && ATTEMPTING.has(this.link.state)) act(...args);
    };
  }
}
