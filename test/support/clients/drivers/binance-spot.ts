import { Spot, SpotRestAPI, SpotWebsocketStreams } from '@binance/spot';
import type { Drive } from '../driver.js';

/** What it hands out per stream. */
interface Handle {
  on(event: 'message', callback: (data: object) => void): void;
}

const SYMBOL = 'BTCUSDT';
const BOOK = 'btcusdt@depth@100ms';
const LEVELS = 1_000;

/**
 * Binance's own connector. It opens `/stream` with no stream in the URL and sends a SUBSCRIBE for each, with ids of 32 letters; a second
 * connection has its streams in the URL. It keeps no book: what it fetches is told.
 */
export const drive: Drive = async ({ streams, rest }, tell) => {
  const { restAPI, websocketStreams } = new Spot({
    // Its usual patience is one second: less than a machine takes on which a whole suite runs.
    configurationRestAPI: { apiKey: '', basePath: rest, timeout: 10_000 },
    configurationWebsocketStreams: { wsURL: streams },
  });
  await restAPI.ping();
  tell({ answered: 'ping' });
  await restAPI.exchangeInfo({ symbol: SYMBOL });
  tell({ answered: 'exchangeInfo' });
  await restAPI.klines({ symbol: SYMBOL, interval: SpotRestAPI.KlinesIntervalEnum.INTERVAL_1m, limit: 10 });
  tell({ answered: 'klines' });

  const fetchBook = async (): Promise<void> => {
    const answer = await restAPI.depth({ symbol: SYMBOL, limit: LEVELS });
    const { lastUpdateId = 0, bids = [], asks = [] } = await answer.data();
    const pairs = (levels: string[][]) => levels as [string, string][];
    tell({
      snapshot: BOOK,
      limit: LEVELS,
      data: { lastUpdateId: Number(lastUpdateId), bids: pairs(bids), asks: pairs(asks) },
    });
  };

  const one = await websocketStreams.connect();
  const many = await websocketStreams.connect({ stream: ['ethusdt@trade', 'ethusdt@aggTrade', 'ethusdt@bookTicker'] });
  for (const connection of [one, many]) {
    connection.on('close', (code, reason) => tell({ trouble: `closed with ${code} ${reason}` }));
    connection.on('error', (error) => tell({ trouble: `error: ${error}` }));
  }
  const hear = (stream: string, handle: Handle): void => handle.on('message', (data) => tell({ stream, data }));
  hear('btcusdt@trade', one.trade({ symbol: SYMBOL }));
  hear('btcusdt@aggTrade', one.aggTrade({ symbol: SYMBOL }));
  hear('btcusdt@bookTicker', one.bookTicker({ symbol: SYMBOL }));
  hear('btcusdt@miniTicker', one.miniTicker({ symbol: SYMBOL }));
  hear('!miniTicker@arr', one.allMiniTicker());
  hear('btcusdt@kline_1s', one.kline({ symbol: SYMBOL, interval: SpotWebsocketStreams.KlineIntervalEnum.INTERVAL_1s }));
  const { UPDATE_SPEED_100ms: updateSpeed } = SpotWebsocketStreams.DiffBookDepthUpdateSpeedEnum;
  const diffs = one.diffBookDepth({ symbol: SYMBOL, updateSpeed });
  let isFirst = true;
  diffs.on('message', (data) => {
    tell({ stream: BOOK, data });
    if (isFirst) void fetchBook();
    isFirst = false;
  });
  many.on('message', (text: string) => {
    const frame = JSON.parse(text) as { stream: string; data: unknown };
    tell(frame);
  });
  return undefined;
};
