import type { Counter, Metrics } from '#libs/runtime';
import type { SlowReading } from './shares/untaken-answers.js';

/** How a request was answered. */
const ENDINGS = [
  /** From what this process knows. */
  'own',
  /** As somebody else was a moment ago. */
  'cached',
  /** Together with somebody else who asked the same. */
  'joined',
  /** By Binance: with what was asked for, or with what is wrong. */
  'passed',
  'refused',
  /** Not asked: the share of clients is used up, or Binance has ordered to wait. */
  'over-share',
  /** Not asked: this client has had its part of that share. */
  'over-own-share',
  /** Not asked: the firewall before Binance has refused what this client asked, or all of them, again and again. */
  'held',
  /** Not asked: too much waits already. */
  'busy',
  'unreachable',
  'not-found',
  'bad-method',
  'bad-query',
  'unknown-symbol',
  /** The token is for none of the symbol's streams. */
  'forbidden',
] as const;

export type RestEnding = (typeof ENDINGS)[number];

/** Counts how requests were answered. */
export const restCounter = (metrics: Metrics): Counter<'result'> =>
  metrics.counter(
    {
      name: 'holdfast_edge_rest_requests_total',
      help: 'REST requests of clients, by how they were answered: from what this process knows (own), as others were (cached, joined), by Binance (passed, refused), or not.',
      labelNames: ['result'],
    },
    ENDINGS.map((result) => ({ result })),
  );

const SLOW: readonly SlowReading[] = ['refused', 'stuck', 'too-slow'];

/** Counts answers of which a slow reader got nothing, or not all. */
export const slowReaderCounter = (metrics: Metrics): Counter<'how'> =>
  metrics.counter(
    {
      name: 'holdfast_edge_rest_slow_readers_total',
      help: 'Answers of REST that were not given whole because too many wait to be read: refused with 503; cut off where nothing moved and others needed the room (stuck), or because they were read too slowly.',
      labelNames: ['how'],
    },
    SLOW.map((how) => ({ how })),
  );
