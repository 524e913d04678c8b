import type { MarketEvent } from '#libs/core';
import type { Flow, FlowSource } from './flow.js';
import { Held } from './held.js';

/**
 * What a client of Binance's wire that reads too slowly is told of one stream of states: of each symbol the newest. Of a stream of
 * arrays what waits goes out as one array.
 */
export class SlowSeat implements FlowSource {
  private readonly held = new Held<MarketEvent>();

  /** @param write these events as one frame; undefined where there is none. */
  constructor(
    private readonly write: (events: readonly MarketEvent[]) => string | undefined,
    private readonly flow: Flow,
  ) {}

  /** The events of one more frame. */
  take(events: readonly MarketEvent[]): void {
    for (const event of events) {
      if (this.held.put('symbol' in event ? event.symbol : '', event)) this.flow.left();
    }
    this.flow.ready(this);
  }

  next(): string | undefined {
    while (this.held.first) {
      const text = this.write(this.together());
      if (text !== undefined) return text;
    }
    return undefined;
  }

  /** The client wants this no more, or reads well again. */
  end(): void {
    this.flow.forget(this);
  }

  /** Parts of arrays go together; what nobody has a word for goes alone. */
  private together(): MarketEvent[] {
    const events: MarketEvent[] = [];
    do {
      const next = this.held.shift();
      if (next) events.push(next.item);
    } while (events[0]?.part && this.held.first?.item.part);
    return events;
  }
}
