import { depthWeight } from '../rest/endpoints.js';
import type { Endpoint, Source } from '../rest/source.js';
import type { RecordedHistory, RecordedRow } from './recorded-history.js';

/** Endpoints that answer from a recording; times are those of the recording, in its unit. */
export const recordedEndpoints = (history: RecordedHistory): Record<string, Endpoint> => ({
  trades: {
    weight: 25,
    answer: (source) => rows(history, source, { path: 'trades', kind: 'trades', from: undefined }),
  },
  historicalTrades: {
    weight: 25,
    answer: (source) => {
      const from = source.query.integer('fromId');
      return rows(history, source, { path: 'historicalTrades', kind: 'trades', from });
    },
  },
  historicalBlockTrades: {
    weight: 25,
    answer: (source) => {
      const from = source.query.integer('fromId');
      return rows(history, source, { path: 'historicalBlockTrades', kind: 'blockTrades', from });
    },
  },
  aggTrades: {
    weight: 4,
    answer: (source) => {
      const from = source.query.integer('fromId');
      return rows(history, source, { path: 'aggTrades', kind: 'aggTrades', from });
    },
  },
  klines: { weight: 2, answer: (source) => candles(history, source) },
  depth: {
    weight: depthWeight,
    answer: ({ query }) => {
      const instrument = query.instrument();
      const limit = query.limit(100, 5_000);
      if (!instrument) return undefined;
      return history.book(instrument.spec.symbol, limit) ?? { lastUpdateId: 0, bids: [], asks: [] };
    },
  },
});

interface Wanted {
  path: string;
  kind: string;
  from: number | undefined;
}

function rows(history: RecordedHistory, source: Source, { path, kind, from }: Wanted): unknown {
  const { query, now, databaseUntil, forgotten } = source;
  const instrument = query.instrument();
  const limit = query.limit(500, 1_000);
  if (!instrument) return undefined;
  const { symbol } = instrument.spec;
  const known = history
    .rowsOf(symbol, kind, path === 'trades' ? now : databaseUntil)
    .filter(({ id }) => forgotten.keeps(path, symbol, id));
  const chosen = from === undefined ? known.slice(-limit) : known.filter(({ id }) => id >= from).slice(0, limit);
  return chosen.map(({ row }) => row);
}

function candles(history: RecordedHistory, source: Source): unknown {
  const { query, databaseUntil, forgotten } = source;
  const instrument = query.instrument();
  const interval = query.interval();
  const limit = query.limit(500, 1_000);
  const [from, to = Infinity] = query.span();
  // A recording has candles in UTC, or none.
  query.timeZoneMs();
  if (!instrument) return undefined;
  const { symbol } = instrument.spec;
  const isWanted = ({ id }: RecordedRow): boolean =>
    id >= (from ?? 0) && id <= to && forgotten.keeps('klines', symbol, id);
  const known = history.rowsOf(symbol, `kline_${interval}`, databaseUntil).filter(isWanted);
  return (from === undefined ? known.slice(-limit) : known.slice(0, limit)).map(({ row }) => row);
}
