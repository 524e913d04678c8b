import type { Market, RestHost } from '#libs/binance';
import type { Budget } from '#libs/bus';
import type { Clock } from '#libs/core';
import type { BinanceSettings } from '#libs/runtime';
import { proxyFor } from '../dial/proxy.js';
import { type HostTimings, Hosts } from './hosts.js';
import { Http, type HttpOptions } from './http.js';
import { Weight } from './weight.js';

/** What is known of the hosts of a market. */
export interface HostParts {
  market: Pick<Market, 'urls' | 'limits' | 'channels'>;
  settings: Readonly<BinanceSettings>;
  budget: Budget;
  clock: Clock;
  timings?: HostTimings;
}

const TIMINGS_OF_HOSTS: HostTimings = { failedMs: 500, failedMostMs: 60_000, answerMs: 15_000 };

/** A host whose weight the market does not name is counted as its first one is; without any, as Binance's own. */
const USUAL_LIMIT = { most: 6_000, windowMs: 60_000 };

type RestUrls = Pick<BinanceSettings, 'restUrl'>;

const restHosts = ({ restUrl }: RestUrls, { urls }: Pick<Market, 'urls'>): readonly RestHost[] =>
  restUrl === undefined ? urls.rest : [{ url: restUrl, lacks: [] }];

/** Where the REST API is asked: the one that is set, or those of the market. */
export const restUrls = (settings: RestUrls, market: Pick<Market, 'urls'>): string[] =>
  restHosts(settings, market).map(({ url }) => url);

/** The hosts that may be asked, none of them yet. */
export function hostsOf(
  { market, settings, budget, clock, timings = TIMINGS_OF_HOSTS }: HostParts,
  bounds: Pick<HttpOptions, 'connections' | 'mostBytes'>,
): Hosts {
  const { limits, channels } = market;
  const usual = Object.values(limits.weight)[0] ?? USUAL_LIMIT;
  const { connectTimeoutMs } = settings;
  const hosts = restHosts(settings, market).map(({ url, lacks }) => {
    const { host: name, origin, href } = new URL(url);
    const proxy = proxyFor(settings, new URL(href));
    return {
      name,
      lacks,
      http: new Http(origin, clock, { proxy, connectTimeoutMs, answerMs: timings.answerMs, ...bounds }),
      weight: new Weight(budget, channels.weight(name), limits.weight[name] ?? usual, clock),
      failures: 0,
      failedAt: -Infinity,
      until: -Infinity,
      why: undefined,
    };
  });
  return new Hosts(hosts, timings);
}
