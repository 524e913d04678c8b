import { CLOSE, type Clock, ERROR_CODES, millisOf } from '#libs/core';
import { type Counter, type Histogram, KEPT_OUT, Metrics } from '#libs/runtime';
import { TURNED_AWAY } from '../guard/guard.js';
import { PAGE_ENDINGS } from './page-endings.js';
import { type EdgeCounts, newEdgeCounts } from './edge-counts.js';

const HELP: Record<keyof EdgeCounts, string> = {
  messages: 'Messages taken from the bus.',
  deliveries: 'Messages times the clients they were sent to.',
  sentBytes: 'Bytes of messages times the clients they were sent to, and of what was sent to one of them.',
  conflated: 'Messages times the clients that were not sent them because newer ones took their place.',
  heldBack: 'Messages that waited for a turn of the loop, because as much had gone out as clients must first read.',
  renditions: 'Frames rebuilt for clients of Binance’s wire.',
  discarded: 'Messages of an older term, or seen before.',
  lost: 'Messages lost between the upstream and this edge.',
  fetched: 'Messages that this edge had missed and the upstream or another edge gave it, each in its place.',
  unreadable: 'Texts on a stream’s channel that are none of its events.',
  brokenArrays: 'Arrays not sent on Binance’s wire because a part was lost.',
  fellBehind: 'Times a client of /v1 read too slowly for what was live, and was given what is kept as it read.',
  bridges: 'Diffs made to take clients of Binance’s wire over missing ones to a book.',
  silentNames: 'Names taken on Binance’s wire under which nothing ever comes: there is no such stream.',
  rangesAsked:
    'Ranges asked of the upstream and other edges for clients of /v1 that came back to more than is kept here.',
  rangesShared: 'Streams of clients of /v1 that came back and waited for a range that was asked for another one.',
};

const COUNTERS = {
  commands: {
    name: 'holdfast_edge_commands_total',
    help: 'Commands of clients, by wire and result.',
    labelNames: ['wire', 'result'],
  },
  slowCloses: {
    name: 'holdfast_edge_slow_clients_closed_total',
    help: 'Clients closed because they read too slowly: told with 4001, on Binance’s wire 1008; cut within one burst; unread, where they did not read that; no-room, where too much waited for all; fell-behind with 4004.',
    labelNames: ['how'],
  },
  refusedConnections: {
    name: 'holdfast_edge_refused_connections_total',
    help: 'Connections refused, by reason: bad path or stream, too many connections, no files left for one more, the edge is going away, no room for its streams, too many new ones lately; rate, handshakes, address and token are limits of one stranger, host and origin other people’s pages, the others are about tokens.',
    labelNames: ['why'],
  },
  closes: {
    name: 'holdfast_edge_closes_total',
    help: 'Client connections that ended, by close code, the edge’s or the client’s: 1006 without a close frame.',
    labelNames: ['code'],
  },
  pageRequests: {
    name: 'holdfast_edge_page_requests_total',
    help: 'Requests for the page on which people watch streams and for its files, by how they were answered; judged: whether somebody may come in.',
    labelNames: ['result'],
  },
} as const;

/** What clients and edges say when they close. */
const KNOWN_CODES: readonly number[] = [1000, 1001, 1005, 1006, 1008, 1009, ...Object.values(CLOSE)];

const isKnown = (code: number): boolean => KNOWN_CODES.includes(code);

const CODES = [...KNOWN_CODES, 'other'].map((code) => ({ code: `${code}` }));

const COMMANDS = ['native', 'binance'].flatMap((wire) =>
  ['ok', ...ERROR_CODES, 'too-many-pings'].map((result) => ({ wire, result })),
);

/** Why a connection is refused before it is one. */
const DOOR = ['bad-request', 'too-many', 'no-files', 'going-away', 'no-room', 'too-many-commands'];
const REFUSED = [...DOOR, ...TURNED_AWAY, ...KEPT_OUT].map((why) => ({ why }));

const HOW_SLOW = ['told', 'cut', 'unread', 'no-room', 'fell-behind'].map((how) => ({ how }));

/** What an edge counts and measures. */
export class EdgeMetrics {
  readonly counts = newEdgeCounts();
  readonly commands: Counter<'wire' | 'result'>;
  readonly slowCloses: Counter<'how'>;
  readonly refusedConnections: Counter<'why'>;
  readonly pageRequests: Counter<'result'>;
  readonly lagSeconds: Histogram;
  private readonly closes: Counter<'code'>;

  constructor(private readonly metrics: Metrics) {
    for (const [name, help] of Object.entries(HELP)) this.expose(name as keyof EdgeCounts, help);
    const { commands, slowCloses, refusedConnections, closes, pageRequests } = COUNTERS;
    this.commands = metrics.counter(commands, COMMANDS);
    this.slowCloses = metrics.counter(slowCloses, HOW_SLOW);
    this.refusedConnections = metrics.counter(refusedConnections, REFUSED);
    this.pageRequests = metrics.counter(
      pageRequests,
      PAGE_ENDINGS.map((result) => ({ result })),
    );
    this.closes = metrics.counter(closes, CODES);
    this.lagSeconds = metrics.histogram({
      name: 'holdfast_edge_lag_seconds',
      help: 'From the upstream’s receipt of a frame to its publishing here; one message in 64. It compares the clocks of two machines: what they differ by is part of it, and a lag below 0 counts as the least.',
      buckets: [0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 1, 5],
    });
  }

  /** How late an event is here, by what it says of when it came to the upstream. */
  measureLag(text: string, clock: Clock): void {
    const at = text.lastIndexOf('"receivedAt":');
    const receivedAt = Number.parseFloat(text.slice(at + '"receivedAt":'.length, at + '"receivedAt":'.length + 20));
    if (receivedAt > 0) this.lagSeconds.observe((clock.wallAt(clock.now()) - millisOf(receivedAt)) / 1_000);
  }

  /** A client connection has ended with this code. */
  closed(code: number): void {
    this.closes.inc({ code: isKnown(code) ? code : 'other' });
  }

  /** Shows numbers by one label, read when Prometheus asks. */
  gauge(name: string, help: string, label: 'wire' | 'market' | 'of', read: () => Record<string, number>): void {
    this.metrics.gauge({
      name,
      help,
      labelNames: [label],
      collect() {
        for (const [key, value] of Object.entries(read())) this.set({ [label]: key }, value);
      },
    });
  }

  private expose(count: keyof EdgeCounts, help: string): void {
    const name = count.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
    this.metrics.readCounter(`holdfast_edge_${name}_total`, help, () => this.counts[count]);
  }
}
