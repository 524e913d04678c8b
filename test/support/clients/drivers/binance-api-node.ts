import binance from 'binance-api-node';
import type { Drive } from '../driver.js';

const SYMBOL = 'BTCUSDT';
const BOOK = 'btcusdt@depth@100ms';
const LEVELS = 1_000;

/** Not what its types say. */
const pairs = (levels: unknown): [string, string][] =>
  (levels as { price: string; quantity: string }[]).map(({ price, quantity }) => [price, quantity]);

/**
 * A connection per stream, under `/ws`, each of which connects again by itself, for ever and without a word: that it did so is seen at the edge,
 * and by what is missing. It keeps no book: what it fetches is told.
 */
export const drive: Drive = async ({ streams, rest }, tell) => {
  const client = binance.default({ httpBase: rest, wsBase: `${streams}/ws` });
  await client.ping();
  tell({ answered: 'ping' });
  await client.time();
  tell({ answered: 'time' });
  await client.exchangeInfo();
  tell({ answered: 'exchangeInfo' });
  await client.candles({ symbol: SYMBOL, interval: '1m', limit: 10 });
  tell({ answered: 'klines' });

  const fetchBook = async (): Promise<void> => {
    const { lastUpdateId, bids, asks } = await client.book({ symbol: SYMBOL, limit: LEVELS });
    const data = { lastUpdateId, bids: pairs(bids), asks: pairs(asks) };
    tell({ snapshot: BOOK, limit: LEVELS, data });
  };

  const of = (stream: string) => (data: unknown) => tell({ stream, data });
  // The last argument: as Binance wrote it.
  client.ws.trades(SYMBOL, of('btcusdt@trade'), false);
  client.ws.aggTrades(SYMBOL, of('btcusdt@aggTrade'), false);
  client.ws.candles(SYMBOL, '1s', of('btcusdt@kline_1s'), false);
  client.ws.bookTicker(SYMBOL, of('btcusdt@bookTicker'), false);
  client.ws.ticker('ETHUSDT', of('ethusdt@ticker'), false);
  client.ws.partialDepth({ symbol: 'ETHUSDT@100ms', level: 5 }, of('ethusdt@depth5@100ms'), false);
  client.ws.allMiniTickers(of('!miniTicker@arr'), false);
  client.ws.customSubStream('ethusdt@trade', of('ethusdt@trade'));
  // Retired: Binance takes the name and leaves it silent.
  client.ws.allTickersDeprecated(() => tell({ trouble: 'something on !ticker@arr' }));
  let isFirst = true;
  const takeDiff = of(BOOK);
  client.ws.depth(
    `${SYMBOL}@100ms`,
    (data) => {
      takeDiff(data);
      if (isFirst) void fetchBook();
      isFirst = false;
    },
    false,
  );
  return undefined;
};
