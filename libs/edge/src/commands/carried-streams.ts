import type { Clock, Millis, StreamName } from '#libs/core';
import type { MarketStreams } from '../streams/market-streams.js';

/** A stream that no heartbeat has named for so long is carried no more. */
const NAMED_WITHIN_MS: Millis = 10_000;

/** Names that are remembered at most. */
const MOST_NAMES = 20_000;

interface CarriedParts {
  clock: Pick<Clock, 'now'>;
  endOfTurn(act: () => void): void;
}

/** Which streams of a market are carried: those that this edge has, and those that its upstream names in heartbeats. */
export class CarriedStreams {
  private isListening = false;
  private readonly named = new Map<StreamName, Millis>();
  private readonly fresh = new Set<StreamName>();

  /** @param tell told at the end of the turn which ones have come to be carried. */
  constructor(
    private readonly market: MarketStreams,
    private readonly parts: CarriedParts,
    private readonly tell: (names: readonly StreamName[]) => void,
  ) {
    market.carried = (names) => this.hear(names);
  }

  /** Somebody wants to know. */
  listen(): void {
    this.isListening = true;
  }

  /** Nobody does any more. */
  rest(): void {
    this.isListening = false;
    this.named.clear();
    this.fresh.clear();
  }

  /** All that is known of. */
  names(): StreamName[] {
    const since = this.parts.clock.now() - NAMED_WITHIN_MS;
    for (const [name, at] of this.named) if (at < since) this.named.delete(name);
    return [...this.market.wanted.streams.map(({ name }) => name), ...this.named.keys()];
  }

  private hear(names: Iterable<StreamName>): void {
    if (!this.isListening) return;
    const now = this.parts.clock.now();
    const wasQuiet = this.fresh.size === 0;
    for (const name of names) {
      const isNew = !this.named.has(name);
      if (isNew && this.named.size >= MOST_NAMES) continue;
      this.named.set(name, now);
      if (isNew) this.fresh.add(name);
    }
    if (wasQuiet && this.fresh.size > 0) this.parts.endOfTurn(() => this.tellFresh());
  }

  private tellFresh(): void {
    const names = [...this.fresh];
    this.fresh.clear();
    if (names.length > 0) this.tell(names);
  }
}
