import { type Market, type MarketDeclaration, spot } from '#libs/binance';
import type { Bus } from '#libs/bus';
import type { Clock } from '#libs/core';
import { Pass, type PassParts, historyHost, proxyProblems, restUrls } from '#libs/rest';
import { type BinanceSettings, type EdgeSettings, type Metrics, type Ops, SettingsError } from '#libs/runtime';
import { KeptAnswers } from './kept-answers.js';
import { Passes } from './passes.js';
import { RestDesk } from './rest-desk.js';
import { type RestEnding, restCounter } from './rest-metrics.js';
import type { Venue } from './routes.js';
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
  const rights = symbolRights(restMarket(markets));
  const desk = new RestDesk({ passes, rights, clock, mostWaiting: settings.maxConnections, count });
  metrics.readGauge('holdfast_edge_rest_kept_bytes', 'Bytes of answers of REST that are kept.', () => kept.bytes);
  metrics.readGauge(
    'holdfast_edge_rest_waiting',
    'REST requests of clients that wait for an answer.',
    () => desk.waiting,
  );
  ops.status('rest of clients', () => ({
    waiting: desk.waiting,
    atBinance: passes.load,
    keptAnswers: kept.size,
    keptBytes: kept.bytes,
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
