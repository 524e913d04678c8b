import Binance from 'node-binance-api';
import type { Drive } from '../driver.js';

interface Payload {
  e: string;
  s: string;
}

/** How its book looks: quantities by price. */
interface KeptBook {
  bids: Record<string, number>;
  asks: Record<string, number>;
}

const KINDS: Readonly<Record<string, string>> = { trade: 'trade', aggTrade: 'aggTrade', kline: 'kline_1m' };

/** Its books are told with every so many diffs. */
const BOOK_EVERY = 5;

/**
 * A connection per call: raw for one symbol, combined for several. It keeps books and charts itself, of streams and what it fetches, and
 * logs whatever ends or begins again.
 */
export const drive: Drive = async ({ streams, rest }, tell) => {
  const client = new Binance({
    urls: { base: `${rest}/api/`, stream: `${streams}/ws/`, combineStream: `${streams}/stream?streams=` },
    log: (...words) => tell({ trouble: words.join(' ') }),
  });
  await client.ping();
  tell({ answered: 'ping' });
  await client.time();
  tell({ answered: 'time' });
  await client.exchangeInfo();
  tell({ answered: 'exchangeInfo' });
  await client.candlesticks('BTCUSDT', '1m', { limit: 10 });
  tell({ answered: 'klines' });

  const take = (data: Payload): void => tell({ stream: `${data.s.toLowerCase()}@${KINDS[data.e] ?? data.e}`, data });
  client.websockets.trades(['BTCUSDT', 'ETHUSDT'], take);
  client.websockets.aggTrades('BTCUSDT', take);
  client.websockets.candlesticks(['BTCUSDT'], '1m', take);
  client.websockets.bookTickers('BTCUSDT', ({ updateId: u, symbol: s }: { updateId: number; symbol: string }) =>
    tell({ stream: 'btcusdt@bookTicker', data: { u, s } }),
  );
  client.websockets.miniTicker((markets: Record<string, { eventTime: number }>) => {
    const data = Object.entries(markets).map(([s, { eventTime: E }]) => ({ e: '24hrMiniTicker', E, s }));
    tell({ stream: '!miniTicker@arr', data });
  });
  client.websockets.chart('BTCUSDT', '1m', (_symbol: string, _interval: string, chart: object) => {
    if (Object.keys(chart).length > 0) tell({ answered: 'chart' });
  });
  let diffs = 0;
  const takeBook = (book: string, { bids, asks }: KeptBook, context?: { lastEventUpdateId?: number | null }): void => {
    diffs += 1;
    const id = context?.lastEventUpdateId;
    if (id && diffs % BOOK_EVERY === 0) tell({ book, id, bids, asks });
  };
  client.websockets.depthCache('BTCUSDT', takeBook, 1_000);
  client.websockets.depthCache(['ETHUSDT', 'BNBUSDT'], takeBook, 1_000);
  return undefined;
};
