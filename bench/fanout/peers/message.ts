import { type Epoch, type Millis, type Seq, type StreamName, type Trade, encode } from '#libs/core';

/** The one stream all clients are on. */
export const STREAM: StreamName = 'btcusdt@trade';

/** The one term in which all messages are published. */
export const EPOCH: Epoch = 1;

const FIRST_ID = 3_741_207_001;

/** A trade as a market would send it: what every contestant publishes, about 255 bytes as text. */
export const tradeText = (seq: Seq, now: Millis): string =>
  encode({
    type: 'trade',
    stream: STREAM,
    epoch: EPOCH,
    seq,
    symbol: 'BTCUSDT',
    id: FIRST_ID + seq,
    price: `${61_000 + (seq % 700)}.37000000`,
    quantity: `0.0${1_000 + (seq % 9_000)}000`,
    taker: seq % 3 === 0 ? 'sell' : 'buy',
    tradedAt: now - 3,
    eventAt: now - 2,
    bestMatch: true,
    receivedAt: now,
  } satisfies Trade);
