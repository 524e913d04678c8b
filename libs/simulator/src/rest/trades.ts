import type { Millis } from '#libs/core';
import type { RowHistory } from '../market/history.js';
import type { Instrument } from '../market/instrument.js';
import type { SimTrade } from '../market/trade.js';
import { type WriteTime, lotsText, priceText, quoteText } from '../wire/payload.js';
import type { Endpoint, Source } from './source.js';

/** Trades, aggregate trades and block trades, from memory or from the database. */
export const TRADES: Record<string, Endpoint> = {
  trades: { weight: 25, answer: (source) => tradeRows(source, 'trades', source.now) },
  historicalTrades: {
    weight: 25,
    answer: (source) => tradeRows(source, 'historicalTrades', source.databaseUntil, source.query.integer('fromId')),
  },
  historicalBlockTrades: { weight: 25, answer: blockRows },
  aggTrades: { weight: 4, answer: aggRows },
};

function tradeRows(source: Source, path: string, until: Millis, fromId?: number): unknown {
  const { query, time } = source;
  const instrument = query.instrument();
  const limit = query.limit(500, 1_000);
  if (!instrument) return undefined;
  const kept = keeper(source, path, instrument);
  return rows(instrument.trades, fromId, { limit, until, kept }).map((trade) =>
    Object.assign(tradeRow(instrument, trade, time), { isBestMatch: true }),
  );
}

function blockRows(source: Source): unknown {
  const { query, time, databaseUntil: until } = source;
  const instrument = query.instrument();
  const limit = query.limit(500, 1_000);
  const fromId = query.integer('fromId');
  if (fromId === undefined)
    query.wrong(-1102, "Mandatory parameter 'fromId' was not sent, was empty/null, or malformed.");
  if (!instrument) return undefined;
  const kept = keeper(source, 'historicalBlockTrades', instrument);
  return rows(instrument.blockTrades, fromId, { limit, until, kept }).map((block) => tradeRow(instrument, block, time));
}

function aggRows(source: Source): unknown {
  const { query, time, databaseUntil } = source;
  const instrument = query.instrument();
  const limit = query.limit(500, 1_000);
  const fromId = query.integer('fromId');
  const [from, to] = query.span();
  if (fromId !== undefined && (from !== undefined || to !== undefined))
    query.wrong(-1128, 'Combination of optional parameters invalid.');
  if (!instrument) return undefined;
  const until = Math.min(databaseUntil, to ?? Infinity);
  const kept = keeper(source, 'aggTrades', instrument);
  const chosen =
    from === undefined
      ? rows(instrument.aggTrades, fromId, { limit, until, kept })
      : instrument.aggTrades
          .between(from * 1_000, lastMicro(until), Infinity)
          .filter(kept)
          .slice(0, limit);
  return chosen.map((aggregate) => ({
    a: aggregate.id,
    p: priceText(instrument.spec, aggregate.ticks),
    q: lotsText(instrument.spec, aggregate.lots),
    f: aggregate.firstTrade,
    l: aggregate.lastTrade,
    T: time(aggregate.at),
    m: aggregate.buyerIsMaker,
    M: true,
  }));
}

type Keeper = (row: { id: number }) => boolean;

const keeper =
  ({ forgotten }: Source, path: string, { spec }: Instrument): Keeper =>
  ({ id }) =>
    forgotten.keeps(path, spec.symbol, id);

/** From an id on, else the newest; none younger than `until`. Chronological either way. */
function rows<Row extends SimTrade>(
  history: RowHistory<Row>,
  fromId: number | undefined,
  { limit, until, kept }: { limit: number; until: Millis; kept: Keeper },
): Row[] {
  const upTo = lastMicro(until);
  if (fromId === undefined) return history.latest(Infinity, upTo).filter(kept).slice(-limit);
  return history
    .fromId(fromId, Infinity)
    .filter((row) => row.at <= upTo && kept(row))
    .slice(0, limit);
}

/** The last microsecond of a millisecond. */
const lastMicro = (at: Millis): number => (Math.floor(at) + 1) * 1_000 - 1;

function tradeRow({ spec }: Instrument, trade: SimTrade, time: WriteTime): object {
  return {
    id: trade.id,
    price: priceText(spec, trade.ticks),
    qty: lotsText(spec, trade.lots),
    quoteQty: quoteText(spec, BigInt(trade.ticks) * BigInt(trade.lots)),
    time: time(trade.at),
    isBuyerMaker: trade.buyerIsMaker,
  };
}
