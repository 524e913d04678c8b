import type { Messages } from '#libs/bus';
import { HistoryShelf, type Millis } from '#libs/core';
import type { UpstreamSettings } from '#libs/runtime';
import { Journal } from '../journal/journal.js';
import { Attempts } from '../line/attempts.js';
import type { UpstreamCounts } from '../ops/counts.js';
import { pipe } from '../pipe.js';
import { Pool } from '../pool/pool.js';
import { Problems } from '../problems/problems.js';
import { Recollection } from '../restart/recollection.js';
import { Cargo } from '../rotation/cargo.js';
import { Streams } from '../streams/streams.js';
import { TIMINGS } from '../timings.js';
import type { UpstreamParts } from './upstream-parts.js';

/** What reads Binance, and decides what is said of each stream. */
export interface MarketReading {
  journal: Journal;
  problems: Problems;
  /** How far streams got before this upstream began. */
  memory: Recollection;
  streams: Streams;
  attempts: Attempts;
  pool: Pool;
}

/** What the reading tells the rest of its upstream, and asks of it. */
interface ReadingTies {
  counts: UpstreamCounts;
  /** Where streams are said. */
  messages: Pick<Messages, 'publish'>;
  /** How long the process has stood still until now. */
  stallMs(now: Millis): Millis;
}

export function makeReading(
  settings: Readonly<UpstreamSettings>,
  parts: UpstreamParts,
  ties: ReadingTies,
): MarketReading {
  const { market, bus, clock, log } = parts;
  const { counts } = ties;
  const journal = new Journal(clock, log, (record) => counts.ended(record));
  const problems = new Problems(
    (code, { stream }) => counts.badFrame(code, stream === undefined ? undefined : market.parse(stream)),
    ({ what, where }) => log.warn({ code: 'drift', what, where }, 'Binance sent something new'),
  );
  const { memory, streams } = makeStreams(settings, parts, ties.messages);
  const attempts = new Attempts(bus.budget, market.channels.attempts, market.limits, () => streams.isMuted);
  const pool = makePool(settings, parts, ties, { journal, problems, streams, attempts });
  return { journal, problems, memory, streams, attempts, pool };
}

function makeStreams(
  settings: Readonly<UpstreamSettings>,
  parts: UpstreamParts,
  messages: ReadingTies['messages'],
): Pick<MarketReading, 'memory' | 'streams'> {
  const { market, bus, clock, timings = TIMINGS } = parts;
  const { answersMs, holdMs } = timings;
  const { fillWaitMs, fillMostWaiting, longestDowntimeMs } = settings;
  const memory = new Recollection({ market, bus, clock, answersMs, longestDowntimeMs });
  const bounds = { holdMs, fillMs: fillWaitMs, mostWaiting: fillMostWaiting };
  const { historyStreamBytes: streamBytes, historyBytes: totalBytes, historyMs: ageMs } = settings;
  const shelf = new HistoryShelf({ streamBytes, totalBytes, ageMs });
  return { memory, streams: new Streams(market, messages, clock, bounds, memory, shelf) };
}

function makePool(
  settings: Readonly<UpstreamSettings>,
  parts: UpstreamParts,
  ties: ReadingTies,
  { journal, problems, streams, attempts }: Pick<MarketReading, 'journal' | 'problems' | 'streams' | 'attempts'>,
): Pool {
  const { market, clock, timings = TIMINGS } = parts;
  const { counts } = ties;
  return new Pool(
    {
      ...parts,
      settings,
      streamsPerLine: Math.min(settings.streamsPerConnection, market.limits.streams),
      journal,
      problems,
      timings,
      attempts,
      cargo: () => new Cargo(streams, clock),
      generations: { upcoming: 1 },
      stallMs: (now) => ties.stallMs(now),
      traffic: counts.traffic,
      pipe: (line) => pipe(line, { clock, streams }),
      rotated: (reason, result) => counts.rotated(reason, result),
    },
    { market, streams },
  );
}
