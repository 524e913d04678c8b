import { type Benchmark, benchmark } from './suite/plan.js';

const RATES = [1_000, 5_000, 20_000];

/** The benchmarks by name, in the order in which all of them run: what is asked about most comes first. */
export const CATALOGUE: Readonly<Record<string, Benchmark>> = {
  fanout: benchmark({
    says: 'what it costs an edge to get one message to one client, beside bare uWebSockets.js and other servers',
    minutes: { quick: 3, usual: 12 },
    usual: { seconds: 1, repetitions: 4 },
    quick: { seconds: 0.6, repetitions: 1 },
    load: () => import('./fanout/fanout.js'),
  }),
  ingest: benchmark({
    says: "ns per frame of each step from Binance's bytes to our event, beside JSON.parse alone",
    minutes: { quick: 2, usual: 6 },
    isInProcess: true,
    usual: { repetitions: 11, samples: [] },
    quick: { repetitions: 3 },
    load: () => import('./ingest/ingest.js'),
  }),
  continuity: benchmark({
    says: 'what keeping the order costs a trade while all is well, and what our book costs a diff',
    minutes: { quick: 1, usual: 3 },
    isInProcess: true,
    usual: { repetitions: 11 },
    quick: { repetitions: 3 },
    load: () => import('./continuity.js'),
  }),
  book: benchmark({
    says: 'our book beside a plain Map: diffs applied, a snapshot taken, levels listed; and its memory',
    minutes: { quick: 1, usual: 3 },
    isInProcess: true,
    usual: { repetitions: 15 },
    quick: { repetitions: 3 },
    load: () => import('./book.js'),
  }),
  spare: benchmark({
    says: 'ns per frame that a spare line only keeps, beside a bare ws that receives the same frames',
    minutes: { quick: 1, usual: 2 },
    isInProcess: true,
    usual: { repetitions: 11 },
    quick: { repetitions: 3 },
    load: () => import('./spare/spare.js'),
  }),
  redis: benchmark({
    says: 'CPU per event of the upstream, Redis and each edge, beside a bare relay of the same shape',
    minutes: { quick: 3, usual: 8 },
    usual: {
      seconds: 8,
      repetitions: 3,
      warmUp: 10,
      rates: RATES,
      streams: [300],
      edges: [2],
      clients: [1],
      wire: 'native',
      flushMs: [0],
    },
    quick: { seconds: 2, repetitions: 1, warmUp: 2 },
    load: () => import('./redis/redis.js'),
  }),
  recovery: benchmark({
    says: 'how long after a drop the last missed trade is there, by how late REST answers and by how many streams lose something',
    minutes: { quick: 2, usual: 6 },
    isInProcess: true,
    usual: { drops: 10 },
    quick: { drops: 2 },
    load: () => import('./recovery.js'),
  }),
  mixed: benchmark({
    says: 'a market as recorded to 1,000 clients with 20 streams each, gathered for 0, 2 and 10 ms, beside a bare relay',
    minutes: { quick: 3, usual: 8 },
    usual: { seconds: 15, repetitions: 3, warmUp: 10, streams: [300], clients: [1_000], flushMs: [0, 2, 10] },
    quick: { seconds: 3, repetitions: 1, warmUp: 2 },
    load: () => import('./mixed/mixed.js'),
  }),
  latency: benchmark({
    says: 'from the frame to the client, cold and warm, standalone and over Redis, beside a bare relay of the same shape',
    minutes: { quick: 4, usual: 20 },
    usual: { seconds: 30, repetitions: 1, first: 60, rates: [1_000, 10_000], clients: [10], wire: 'binance' },
    quick: { seconds: 3, repetitions: 1, first: 6 },
    load: () => import('./latency/latency.js'),
  }),
  slow: benchmark({
    says: 'whether a client that reads slowly and one that has stopped reading delay a thousand others',
    minutes: { quick: 1, usual: 7 },
    usual: { seconds: 25, repetitions: 5, clients: [1_000], delivery: 'all' },
    quick: { seconds: 5, repetitions: 1, clients: [200] },
    load: () => import('./slow/slow.js'),
  }),
};
