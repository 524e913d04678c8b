/** A trade with all that a frame of Binance's wire needs. */
export const wholeTrade = (id: number) =>
  ({
    type: 'trade',
    symbol: 'BTCUSDT',
    id,
    price: '1',
    quantity: '1',
    taker: 'buy',
    tradedAt: 1,
    eventAt: 1,
    bestMatch: true,
  }) as const;

/** The same of the top of the book. */
export const topOfBook = (updateId: number) =>
  ({
    type: 'bookTicker',
    symbol: 'BTCUSDT',
    updateId,
    bid: '1',
    bidQuantity: '1',
    ask: '2',
    askQuantity: '1',
  }) as const;
