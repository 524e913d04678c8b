import type { BookTrouble, StreamState } from '#libs/client';

/** Why a stream is as it is, to somebody who has read nothing: whatever the code is, there is a sentence. */
const WHY: Record<StreamState['why'], string> = {
  connecting: 'nobody has said yet how it is',
  'gateway-lost': 'there is no connection to this gateway',
  'first-event': 'its first event has come',
  resumed: 'it is back',
  subscribing: 'Binance has been asked for it; nothing has come yet',
  acknowledged: 'Binance has taken the request; nothing has come yet',
  'connection-lost': 'the connection to Binance that carried it has ended; the gateway connects again',
  reconnecting: 'the gateway waits before it connects to Binance again, to stay within Binance’s limit',
  silent: 'less comes than should',
  filling: 'something was missing, and is being fetched',
  filled: 'what was missing has been fetched, and came in its place',
  'ids-missing': 'ids are missing for good',
  'not-delivering': 'Binance has taken the request and sends nothing',
  'connection-refused': 'Binance refuses connections',
  'refused-by-binance': 'Binance does not give this stream',
  'too-many-streams': 'more streams are wanted than there may be',
  'unknown-symbol': 'Binance lists no such symbol',
  'bus-lost': 'this edge does not hear Redis, or lost a message',
  'upstream-gone': 'this edge hears no upstream',
  stopped: 'the upstream was stopped',
  'bad-json': 'the gateway could not read the request',
  'bad-command': 'the gateway did not understand the request',
  'unknown-command': 'the gateway does not know the request',
  'bad-stream': 'there is no stream of that name',
  'retired-stream': 'Binance has retired it',
  forbidden: 'the token is not for this stream',
  'no-room': 'the gateway has no room for it now; it is asked for again',
  'too-many-commands': 'too much was asked at once; it is asked for again',
  internal: 'the gateway has failed at it; it is asked for again',
};

/** The same of a book, which can lack more than its stream does. */
export function sayBookWhy(why: BookTrouble): string {
  if (why === 'no-book') return 'the gateway has told none yet';
  if (why === 'hole') return 'diffs are missing, and the next book takes their place';
  return why === 'closed' ? 'it is not kept any more' : sayWhy(why);
}

/** A code that a newer gateway has is shown as it is. */
export const sayWhy = (why: StreamState['why']): string => WHY[why] ?? why;

/** `ids 12 to 15`; of a candle `from … to …`, for its positions are instants. */
export function sayMissing({ missing }: Pick<StreamState, 'missing'>, stream: string): string {
  if (!missing) return 'nobody knows how many ids';
  const { from, to } = missing;
  if (!stream.includes('@kline_')) return from === to ? `id ${from}` : `ids ${from} to ${to}`;
  const [first, last] = [from, to].map((at) => new Date(at).toISOString().slice(0, 19).replace('T', ' '));
  return `candles that open from ${first} to ${last} UTC`;
}

/** How many ids that are; undefined where nobody knows, and of candles. */
export const idsIn = ({ missing }: Pick<StreamState, 'missing'>, stream: string): number | undefined =>
  missing && !stream.includes('@kline_') ? missing.to - missing.from + 1 : undefined;
