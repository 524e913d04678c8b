import type { Market } from '#libs/binance';
import type { Clock, Millis } from '#libs/core';
import { binanceRendition } from '../delivery/rendition.js';
import { isAwaited, whenAcknowledged } from '../streams/acknowledged.js';
import type { EdgeStream } from '../streams/edge-stream.js';
import type { MarketStreams } from '../streams/market-streams.js';
import type { DoorEntry } from './request-path.js';
import type { Session } from './session.js';

interface ColdStartsParts {
  markets: readonly MarketStreams[];
  clock: Clock;
  /** So long anybody waits at most; 0: nobody waits. */
  waitMs: Millis;
  /** So many may wait at the door. */
  mostAtTheDoor: number;
}

/** A request that waits at the door, with what it wants asked for already. */
export interface Arrival {
  /** Calls when it may come in; later, never at once. */
  whenReady(enter: () => void): void;
  /** It has gone away: nothing is wanted for it any more. */
  gone(): void;
}

/** Commands of one client that may wait behind one that waits for Binance; with more it waits no longer. */
const MOST_QUEUED = 100;

/**
 * Lets clients of Binance's wire wait for a moment until Binance has acknowledged what they ask for. They fetch a snapshot as soon
 * as they are answered, and expect the first diff to join it: answered before Binance sends, they would find a hole. Whatever is
 * known already, refused, or not to be had now makes nobody wait.
 */
export class ColdStarts {
  private readonly atTheDoor = new Set<() => void>();
  private isOver = false;

  constructor(private readonly parts: ColdStartsParts) {}

  /** Wants the streams of a request for an upgrade, in the room of this holder. Undefined where it need not wait. */
  arrive(entry: DoorEntry, holder: string): Arrival | undefined {
    const market = this.marketToWaitFor(entry.market);
    if (!market || this.atTheDoor.size >= this.parts.mostAtTheDoor) return undefined;
    const understood = [...entry.names.values()].filter((parsed) => parsed !== undefined);
    const streams = understood.filter((parsed) => !market.isUnlisted(parsed));
    const claim = { holder };
    const names = streams.map(({ name }) => name);
    if (market.wanted.findRoom(names, claim)) return undefined;
    const rendition = binanceRendition(entry);
    const wanted = streams.map((parsed, rank) => market.wanted.want(parsed, rendition, rank, claim));
    const release = (): void => wanted.forEach((stream) => market.wanted.release(stream, rendition, claim));
    if (wanted.some(isAwaited)) return this.arrivalOf(wanted, release);
    release();
    return undefined;
  }

  /** Waits for the answer to a client's command. Over at once when it goes away, or says too much meanwhile. */
  async answered(session: Session, streams: readonly EdgeStream[]): Promise<void> {
    if (!this.marketToWaitFor(session.entry.market) || session.queued > MOST_QUEUED) return;
    const { clock, waitMs } = this.parts;
    await new Promise<void>((resolve) => {
      const cancel = whenAcknowledged(streams, clock, waitMs, resolve);
      session.hurry = () => {
        if (session.isOpen && session.queued <= MOST_QUEUED) return;
        cancel();
        resolve();
      };
    });
    session.hurry = () => undefined;
  }

  /** Nobody waits any more: who is at the door comes in. */
  stop(): void {
    this.isOver = true;
    for (const enter of this.atTheDoor) enter();
  }

  private arrivalOf(wanted: readonly EdgeStream[], release: () => void): Arrival {
    const { clock, waitMs } = this.parts;
    let enter: () => void = () => undefined;
    const come = (): void => {
      cancel();
      this.atTheDoor.delete(come);
      enter();
      release();
    };
    const cancel = whenAcknowledged(wanted, clock, waitMs, come);
    this.atTheDoor.add(come);
    return {
      whenReady: (then) => {
        enter = then;
      },
      gone: () => {
        if (!this.atTheDoor.delete(come)) return;
        cancel();
        release();
      },
    };
  }

  /** The streams of a market whose upstream is heard. */
  private marketToWaitFor({ name }: Market): MarketStreams | undefined {
    if (this.parts.waitMs === 0 || this.isOver) return undefined;
    const found = this.parts.markets.find(({ market }) => market.name === name);
    return found?.hearing.trouble === undefined ? found : undefined;
  }
}
