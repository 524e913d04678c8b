import type { Place, StreamEvent, StreamName } from '#libs/core';
import { LedgerPage, type StreamAccount } from './ledger-page.js';

/**
 * The auditor of what one client saw: fed with every message in the order of arrival, it says for each stream what was
 * missing, doubled or out of order, by the exchange's own ids and, for native clients, by `epoch` and `seq` as well.
 * It never looks at what the gateway believes it has sent.
 */
export class Ledger {
  /** Times the connection of this client was closed without the client asking for it. */
  disconnects = 0;
  private readonly pages = new Map<StreamName, LedgerPage>();

  /**
   * Enters the place a `subscribed` reply gave for a stream: what comes at or before it is the welcome (the newest event
   * and feed state, given to a newcomer first), and the series begins right after it. Null where the gateway had not heard of the stream: the first
   * word of the upstream is at the place.
   */
  welcome(stream: StreamName, place: Place | null): void {
    this.page(stream).welcome(place);
  }

  /** Enters a message of the native protocol. */
  event(event: StreamEvent): void {
    const page = this.page(event.stream);
    if (event.type === 'feed') page.feed(event);
    else if (event.type === 'book') page.book(event);
    else page.event(event);
  }

  /** Enters one payload of Binance's wire, or the array of an array stream. */
  payload(stream: StreamName, payload: unknown): void {
    this.page(stream).payload(payload);
  }

  accounts(): StreamAccount[] {
    return [...this.pages.values()].map((page) => page.account());
  }

  private page(stream: StreamName): LedgerPage {
    const page = this.pages.get(stream) ?? new LedgerPage(stream);
    this.pages.set(stream, page);
    return page;
  }
}
