import { MainClient, WebsocketClient } from 'binance';
import type { Drive } from '../driver.js';

const SYMBOL = 'BTCUSDT';
const BOOK = 'btcusdt@depth@100ms';
const LEVELS = 1_000;

/** The library adds these, and an `e` where Binance writes none. */
interface Extended {
  streamName: string;
  e?: string;
}

const WITHOUT_E = /@(?:bookTicker|depth(?:5|10|20)(?:@100ms)?)$/;

function asBinanceWrote(row: Extended): object {
  const {
    e,
    streamName,
    wsKey: _key,
    wsMarket: _market,
    isWSAPIResponse: _is,
    ...payload
  } = row as Extended & Record<string, unknown>;
  return WITHOUT_E.test(streamName) ? payload : { e, ...payload };
}

/**
 * One connection to `/stream` for everything, subscribed in one request; it sends a ping and a pong every ten seconds and hangs up where no pong comes.
 * It keeps no book: what it fetches is told. Its `getServerTime` goes to Binance whatever URL it was given, and is left out.
 */
export const drive: Drive = async ({ streams, rest }, tell) => {
  const main = new MainClient({ baseUrl: rest });
  await main.testConnectivity();
  tell({ answered: 'ping' });
  await main.getExchangeInfo({ symbols: [SYMBOL, 'ETHUSDT'] });
  tell({ answered: 'exchangeInfo' });
  await main.getKlines({ symbol: SYMBOL, interval: '1m', limit: 10 });
  tell({ answered: 'klines' });

  const fetchBook = async (): Promise<void> => {
    const { lastUpdateId, bids, asks } = await main.getOrderBook({ symbol: SYMBOL, limit: LEVELS });
    const pairs = (levels: unknown) => levels as [string, string][];
    tell({ snapshot: BOOK, limit: LEVELS, data: { lastUpdateId, bids: pairs(bids), asks: pairs(asks) } });
  };

  const quiet = (): void => undefined;
  const error = (...words: unknown[]): void => tell({ trouble: words.map(String).join(' ') });
  const client = new WebsocketClient({ wsUrl: streams }, { trace: quiet, info: quiet, error });
  for (const event of ['reconnecting', 'reconnected', 'close', 'exception'] as const) {
    client.on(event, () => tell({ trouble: event }));
  }
  let isFirst = true;
  client.on('message', (message) => {
    const rows = [message].flat() as unknown as Extended[];
    const stream = rows[0]?.streamName ?? '';
    const data = rows.map((row) => asBinanceWrote(row));
    tell({ stream, data: Array.isArray(message) ? data : data[0] });
    if (stream === BOOK && isFirst) void fetchBook();
    if (stream === BOOK) isFirst = false;
  });
  const kinds = ['trade', 'aggTrade', 'kline_1s', 'bookTicker', 'depth@100ms', 'depth5', 'ticker', 'avgPrice'];
  await client.subscribe([...kinds.map((kind) => `btcusdt@${kind}`), 'ethusdt@trade', '!miniTicker@arr'], 'main');
  return undefined;
};
