import type { StreamName } from '#libs/core';

/** Longer URLs were refused in the past; streams that do not fit are subscribed to by message. */
export const LONGEST_URL = 8_000;

export interface StreamUrl {
  url: string;
  /** The streams that the URL names. */
  streams: StreamName[];
}

/**
 * The URL of a combined connection that carries as many of the streams as fit. What is named in the URL costs none of the
 * five messages a second, so a connection comes back whole at once.
 *
 * @see https://developers.binance.com/docs/binance-spot-api-docs/web-socket-streams#general-wss-information
 */
export function streamUrl(
  base: string,
  wanted: Iterable<StreamName>,
  timeUnit: 'MILLISECOND' | 'MICROSECOND',
): StreamUrl {
  const root = `${base.replace(/\/$/, '')}/stream`;
  const unit = timeUnit === 'MICROSECOND' ? 'timeUnit=MICROSECOND' : '';
  let room = LONGEST_URL - root.length - unit.length - '?streams=&'.length;
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
