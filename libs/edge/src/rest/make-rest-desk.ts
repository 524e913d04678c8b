import { type Market, type MarketDeclaration, spot } from '#libs/binance';
import type { Bus } from '#libs/bus';
import type { Clock } from '#libs/core';
import { Pass, type PassParts, historyHost, proxyProblems, restUrls } from '#libs/rest';
import {
  type BinanceSettings,
  type EdgeSettings,
  type Metrics,
  type Ops,
  SettingsError,
  roomForBacklogs,
} from '#libs/runtime';
import { KeptAnswers } from './kept-answers.js';
import { Passes } from './passes.js';
import { RestDesk } from './rest-desk.js';
import { type RestEnding, restCounter, slowReaderCounter } from './rest-metrics.js';
import type { Venue } from './routes.js';
import { UntakenAnswers } from './shares/untaken-answers.js';
import { symbolRights } from './symbol-rights.js';

/** What is served over REST, and where it is. */
interface RestPlan {
  settings: Readonly<EdgeSettings>;
  binance: Readonly<BinanceSettings>;
  markets: readonly Market[];
}

interface RestSurroundings {
  bus: Pick<Bus, 'budget'>;
  clock: Clock;
  metrics: Metrics;
  ops: Ops;
}

/** Of what may wait for slow clients of streams, so much more may wait for those of REST. */
const SHARE_OF_BACKLOGS = 1 / 4;

/** A host that is slow is given up for the next one, before a client is. */
const TIMINGS = { failedMs: 500, failedMostMs: 60_000, answerMs: 8_000 };

/**
 * Of either API for futures.
 *
 * @see https://developers.binance.com/docs/derivatives/usds-margined-futures/general-info
 */
const FUTURES_WEIGHT = { most: 2_400, windowMs: 60_000 };

/** The market whose REST API this is: another product has other paths. */
export const restMarket = (markets: readonly Market[]): Market | undefined =>
  markets.find(({ name }) => name === spot.name);

/** @throws SettingsError where the REST API cannot be reached through the proxy that is set. */
export function checkRest(settings: Readonly<BinanceSettings>): void {
  const problems = proxyProblems(settings, restUrls(settings, spot));
  if (problems.length > 0) throw new SettingsError(problems);
}

/** What answers clients over REST. */
export function makeRestDesk(plan: RestPlan, { bus, clock, metrics, ops }: RestSurroundings): RestDesk {
  const { settings, markets } = plan;
  const counter = restCounter(metrics);
  const count = (result: RestEnding): void => counter.inc({ result });
  const kept = new KeptAnswers(settings.restCacheBytes, clock);
  const venues = venuesOf(plan, { budget: bus.budget, clock });
  const passes = new Passes({ venues, kept, clock, count });
  const slowReaders = slowReaderCounter(metrics);
  const mostBytes = roomForBacklogs(settings.maxBacklogsBytes) * SHARE_OF_BACKLOGS;
  const untaken = new UntakenAnswers({ mostBytes, clock, count: (how) => slowReaders.inc({ how }) });
  const rights = symbolRights(restMarket(markets));
  const desk = new RestDesk({ passes, untaken, rights, clock, mostWaiting: settings.maxConnections, count });
  const gauge = (name: string, help: string, read: () => number): void =>
    metrics.readGauge(`holdfast_edge_rest_${name}`, help, read);
  gauge('kept_bytes', 'Bytes of answers of REST that are kept.', () => kept.bytes);
  gauge('waiting', 'REST requests of clients that wait for an answer.', () => desk.waiting);
  gauge('untaken_bytes', 'Bytes of answers of REST that wait because they are not read.', () => untaken.bytes);
  ops.status('rest of clients', () => ({
    waiting: desk.waiting,
    atBinance: passes.load,
    keptAnswers: kept.size,
    keptBytes: kept.bytes,
    untakenAnswers: untaken.size,
    untakenBytes: untaken.bytes,
    untakenBytesAtMost: mostBytes,
    usedWeight: passes.usedWeight('spot'),
  }));
  return desk;
}

function venuesOf(
  { settings, binance, markets }: RestPlan,
  parts: Pick<PassParts, 'budget' | 'clock'>,
): Map<Venue, Pass> {
  const venues = new Map<Venue, Pass>();
  const market = restMarket(markets);
  const shared = { ...parts, share: settings.restPercent / 100, timings: TIMINGS };
  if (market && historyHost(binance, market) !== undefined)
    venues.set('spot', new Pass({ ...shared, market, settings: binance }));
  const { futuresRestUrl, coinFuturesRestUrl } = settings;
  const futures: [Venue, string | undefined][] = [
    ['futures', futuresRestUrl],
    ['coin-futures', coinFuturesRestUrl],
  ];
  for (const [venue, restUrl] of futures) {
    if (restUrl === undefined) continue;
    venues.set(venue, new Pass({ ...shared, market: futuresAt(restUrl), settings: { ...binance, restUrl } }));
  }
  return venues;
}

/** What is known of a market for futures: where it is, and what it allows. */
function futuresAt(restUrl: string): PassParts['market'] {
  const weight: MarketDeclaration['limits']['weight'] = { [new URL(restUrl).host]: FUTURES_WEIGHT };
  return { urls: spot.urls, channels: spot.channels, limits: { ...spot.limits, weight } };
}
