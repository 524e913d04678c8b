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
  const unit = timeUnit === 'MICROSECOND' ? 'timeUnit=MICROSECOND' : undefined;
  const end = unit === undefined ? '' : `&${unit}`;
  // The first name has no slash before it.
  let room = urlBytes + 1 - `${root}?streams=${end}`.length;
  const streams: StreamName[] = [];
  const encoded: string[] = [];
  for (const stream of wanted) {
    const text = encodeStream(stream);
    room -= text.length + 1;
    if (room < 0) break;
    streams.push(stream);
    encoded.push(text);
  }
  if (streams.length > 0) return { url: `${root}?streams=${encoded.join('/')}${end}`, streams };
  return { url: unit === undefined ? root : `${root}?${unit}`, streams };
}

/** Percent-encoded where it must be (`+`, `:`, other scripts); `@` may stand as it is and is most of the names. */
const encodeStream = (stream: StreamName): string => encodeURIComponent(stream).replaceAll('%40', '@');
