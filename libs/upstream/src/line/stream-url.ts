import type { MarketLimits } from '#libs/binance';
import type { StreamName } from '#libs/core';

export interface StreamUrl {
  url: string;
  /** The streams that the URL names. */
  streams: StreamName[];
}

/**
 * The URL of a combined connection that carries as many of the streams as fit. What is named in the URL costs none of the
 * five messages a second, so a connection comes back whole at once.
 *
 * @param base with the path of the market's route, if it has one.
 * @see https://developers.binance.com/docs/binance-spot-api-docs/web-socket-streams#general-wss-information
 */
export function streamUrl(
  base: string,
  wanted: Iterable<StreamName>,
  timeUnit: 'MILLISECOND' | 'MICROSECOND',
  { urlBytes }: Pick<MarketLimits, 'urlBytes'>,
): StreamUrl {
  const root = `${base.replace(/\/$/, '')}/stream`;
  const unit = timeUnit === 'MICROSECOND' ? 'timeUnit=MICROSECOND' : '';
  let room = urlBytes - root.length - unit.length - '?streams=&'.length;
  const streams: StreamName[] = [];
  const encoded: string[] = [];
  for (const stream of wanted) {
    const text = encodeStream(stream);
    if (text.length + 1 > room) break;
    room -= text.length + 1;
    streams.push(stream);
    encoded.push(text);
  }
  const query = [encoded.length > 0 ? `streams=${encoded.join('/')}` : '', unit].filter((part) => part !== '');
  return { url: query.length === 0 ? root : `${root}?${query.join('&')}`, streams };
}

/** Percent-encoded where it must be (`+`, `:`, other scripts); `@` may stand as it is and is most of the names. */
const encodeStream = (stream: StreamName): string => encodeURIComponent(stream).replaceAll('%40', '@');
