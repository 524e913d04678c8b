import type { Ops } from '#libs/runtime';
import type { Session } from './door/session.js';
import type { EdgeParts } from './edge-parts.js';
import { servedBy } from './edge-streams-page.js';
import type { MarketStreams } from './streams/market-streams.js';

/** How many clients `/status` shows one by one. */
const SHOWN = 50;

/** What operators see of an edge: pages, conditions of readiness, gauges. Everything is read when somebody asks. */
export function showEdge({ sessions, backlogs, departures, markets, metrics, guard }: EdgeParts, ops: Ops): void {
  ops.status('clients', () => clientsOf([...sessions.all], backlogs.mostBytes));
  ops.status('clients gone', () => departures.read());
  ops.status('upstream heard', () => markets.map(hearingOf));
  ops.status('served', () => markets.flatMap(servedBy));
  ops.status('messages', () => ({ ...metrics.counts }));
  ops.status('symbols known', () => Object.fromEntries(markets.map((one) => [one.market.name, one.symbols.size])));
  ops.needs('upstream heard', () => troubleOf(markets));
  const byMarket = (read: (streams: MarketStreams) => number) => () =>
    Object.fromEntries(markets.map((streams) => [streams.market.name, read(streams)]));
  showConnections(guard, metrics);
  metrics.gauge('holdfast_edge_connections', 'Client connections now, by wire.', 'wire', () => byWire(sessions.all));
  metrics.gauge(
    'holdfast_edge_backlog_bytes',
    'Bytes that wait because clients do not read them: of all together, and of the one for whom most waits.',
    'of',
    () => backlogsOf(sessions.all),
  );
  metrics.gauge(
    'holdfast_edge_streams',
    'Streams that clients of this edge want, by market.',
    'market',
    byMarket(({ wanted }) => wanted.streams.length),
  );
  metrics.gauge(
    'holdfast_edge_books',
    'Books of streams of diffs that this edge keeps, by market.',
    'market',
    byMarket(({ wanted }) => wanted.streams.filter(({ book }) => (book?.size ?? 0) > 0).length),
  );
  metrics.gauge(
    'holdfast_edge_book_levels',
    'Levels of all these books, by market.',
    'market',
    byMarket(({ wanted }) => wanted.streams.reduce((sum, { book }) => sum + (book?.size ?? 0), 0)),
  );
  metrics.gauge(
    'holdfast_edge_symbols',
    'Symbols that the upstream says there are, by market; 0 where it does not know, and any will do.',
    'market',
    byMarket(({ symbols }) => symbols.size),
  );
  metrics.gauge(
    'holdfast_edge_hears_upstream',
    '1 while this edge hears an upstream of the market.',
    'market',
    byMarket(({ hearing }) => (hearing.trouble ? 0 : 1)),
  );
}

/** Connections that are no client's. */
function showConnections({ connections }: EdgeParts['guard'], metrics: EdgeParts['metrics']): void {
  metrics.gauge(
    'holdfast_edge_handshakes',
    'Connections that are open and have not said yet, or not been answered, what they want.',
    'of',
    () => ({ all: connections.handshakes }),
  );
  metrics.gauge(
    'holdfast_edge_http_connections',
    'Connections that are open and have asked something over HTTP, and may ask again.',
    'of',
    () => ({ all: connections.kept }),
  );
}

function clientsOf(sessions: Session[], backlogBytesAtMost: number): unknown {
  // Each is asked once: the answer comes from uWebSockets.js.
  const waiting = sessions.map((session) => ({ session, backlogBytes: session.backlogBytes }));
  const slowest = waiting.toSorted((one, other) => other.backlogBytes - one.backlogBytes).slice(0, SHOWN);
  return {
    connections: sessions.length,
    ...byWire(sessions),
    backlogBytes: waiting.reduce((sum, { backlogBytes }) => sum + backlogBytes, 0),
    backlogBytesAtMost,
    clients: slowest.map(({ session, backlogBytes }) => ({
      id: session.id,
      address: session.address,
      holder: session.permit?.name,
      agent: session.agent,
      market: session.entry.market.name,
      wire: session.wire.name,
      streams: session.streams.size,
      backlogBytes,
      conflated: session.flow?.conflated ?? 0,
      isLeaving: session.isLeaving,
      connectedAt: new Date(session.openedAt).toISOString(),
    })),
  };
}

function byWire(sessions: Iterable<Session>): Record<'native' | 'binance', number> {
  const counts = { native: 0, binance: 0 };
  for (const { wire } of sessions) counts[wire.name] += 1;
  return counts;
}

function backlogsOf(sessions: Iterable<Session>): Record<'all' | 'largest', number> {
  const backlog = { all: 0, largest: 0 };
  for (const { backlogBytes } of sessions) {
    backlog.all += backlogBytes;
    backlog.largest = Math.max(backlog.largest, backlogBytes);
  }
  return backlog;
}

const hearingOf = ({ market, hearing }: MarketStreams): unknown => ({
  market: market.name,
  epoch: hearing.newest,
  trouble: hearing.trouble ?? null,
  since: hearing.deafness?.since ?? null,
});

/** The markets that hear no upstream, each with why; undefined when all do. */
function troubleOf(markets: readonly MarketStreams[]): string | undefined {
  const troubles = markets.flatMap(({ market, hearing }) =>
    hearing.trouble ? `${market.name}: ${hearing.trouble}` : [],
  );
  return troubles.length > 0 ? troubles.join('; ') : undefined;
}
