import type { Market } from '#libs/binance';
import type { BinanceSettings } from '#libs/runtime';

/** Hosts that give the same market's streams as the usual one. */
const SAME_MARKET = /(^|\.)binance\.com$/;

/**
 * The host whose history belongs to the streams that are read; undefined where that is not known. Ids of another exchange, or of
 * its testnet, look alike, and what they number is something else.
 */
export function historyHost(
  { wsUrl, restUrl }: Pick<BinanceSettings, 'wsUrl' | 'restUrl'>,
  { urls }: Pick<Market, 'urls'>,
): string | undefined {
  if (restUrl !== undefined) return restUrl;
  const isUsual = wsUrl === undefined || wsUrl === urls.stream || SAME_MARKET.test(new URL(wsUrl).hostname);
  return isUsual ? urls.rest[0]?.url : undefined;
}
