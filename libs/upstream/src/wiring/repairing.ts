import { Rest, historyHost } from '#libs/rest';
import type { UpstreamSettings } from '#libs/runtime';
import { BooksByAsk } from '../books/books-by-ask.js';
import { Books } from '../books/books.js';
import type { DemandBoard } from '../demand/demand-board.js';
import type { UpstreamCounts } from '../ops/counts.js';
import { HistoryDesk } from '../repair/history-desk.js';
import { HoleJournal } from '../repair/hole-journal.js';
import { StandbyRepairer } from '../standby/lending/standby-repairer.js';
import { TIMINGS } from '../timings.js';
import type { MarketReading } from './reading.js';
import type { UpstreamParts } from './upstream-parts.js';

/** What brings that no line brings: books, and what was missed. */
export interface Repairing {
  rest: Rest;
  /** The same, where it is that of the exchange whose streams are read: only that has what they miss. */
  ownRest: Rest | undefined;
  books: Books;
  holes: HoleJournal;
}

interface RepairingTies extends Pick<MarketReading, 'streams' | 'pool'> {
  counts: UpstreamCounts;
  board: DemandBoard;
}

/** From here on streams have it: none may have begun. */
export function makeRepairing(
  settings: Readonly<UpstreamSettings>,
  { market, bus, clock, log, timings = TIMINGS }: UpstreamParts,
  { streams, pool, counts, board }: RepairingTies,
): Repairing {
  const rest = new Rest({ market, settings, timeUnit: settings.timeUnit, budget: bus.budget, clock });
  const host = historyHost(settings, market);
  const ownRest = host === undefined ? undefined : rest;
  const isAsked = (stream: string): boolean => board.isAsked(stream);
  const { welcome: channel, withheld } = market.channels;
  const byAsk = settings.standby ? new BooksByAsk({ ask: bus.ask, channel, clock, streams, isAsked }) : undefined;
  const books = new Books({ rest: ownRest, byAsk, streams, clock, log, settings, isAsked });
  streams.remember((stream) => books.open(stream));
  const holes = new HoleJournal(clock, host, (end) => counts.closed(end));
  const history = ownRest ? [new HistoryDesk(ownRest, clock, isAsked), books] : [];
  const others = settings.standby ? [new StandbyRepairer({ ask: bus.ask, channel: withheld, clock, timings })] : [];
  streams.repairs.employ([pool.spares.repairer, ...others, ...history], holes);
  return { rest, ownRest, books, holes };
}
