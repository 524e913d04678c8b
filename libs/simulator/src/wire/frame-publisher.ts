import { assertNever } from '#libs/core';
import type { DepthDiff } from '../market/book.js';
import type { Instrument } from '../market/instrument.js';
import { candleOpen } from '../market/candles/intervals.js';
import type { SimMarket } from '../market/market.js';
import type { MarketSink } from '../market/sink.js';
import type { SimAggTrade, SimBlockTrade, SimTrade } from '../market/trade.js';
import type { Channel } from './channel.js';
import type { StreamChannels } from './channels.js';
import {
  aggTradePayload,
  avgPricePayload,
  blockTradePayload,
  bookPayload,
  bookTickerPayload,
  depthPayload,
  klinePayload,
  referencePricePayload,
  tradePayload,
} from './payload.js';
import type { Recipe } from './recipe.js';
import { miniTickerPayload, rollingTickerPayload, tickerPayload } from './ticker-payload.js';

const SECOND = 1_000_000;

/** Names of the streams that follow what happens, made once per symbol. */
interface Names {
  trade: string;
  aggTrade: string;
  blockTrade: string;
  bookTicker: string;
  /** Some have two. */
  depth: { 100: string[]; 1000: string[] };
}

/** Turns what happens in the market into Binance's frames, on the streams that somebody is subscribed to. */
export class FramePublisher implements MarketSink {
  private readonly names = new Map<Instrument, Names>();

  constructor(
    private readonly channels: StreamChannels,
    private readonly market: SimMarket,
  ) {}

  traded(instrument: Instrument, trade: SimTrade): void {
    this.channels.find(this.namesOf(instrument).trade)?.publish((time) => tradePayload(instrument, trade, time));
  }

  aggregated(instrument: Instrument, aggregate: SimAggTrade): void {
    const { aggTrade } = this.namesOf(instrument);
    this.channels.find(aggTrade)?.publish((time) => aggTradePayload(instrument, aggregate, time));
  }

  blockTraded(instrument: Instrument, block: SimBlockTrade): void {
    const { blockTrade } = this.namesOf(instrument);
    this.channels.find(blockTrade)?.publish((time) => blockTradePayload(instrument, block, time));
  }

  topChanged(instrument: Instrument): void {
    this.channels.find(this.namesOf(instrument).bookTicker)?.publish(() => bookTickerPayload(instrument));
  }

  depthChanged(instrument: Instrument, diff: DepthDiff, everyMs: 100 | 1000, at: number): void {
    for (const name of this.namesOf(instrument).depth[everyMs]) {
      this.channels.find(name)?.publish((time) => depthPayload(instrument, diff, at, time));
    }
  }

  beat(at: number): void {
    for (const channel of this.channels.periodic) if (channel.recipe) this.say(channel, channel.recipe, at);
  }

  private namesOf(instrument: Instrument): Names {
    let names = this.names.get(instrument);
    if (!names) this.names.set(instrument, (names = namesFor(instrument.spec.symbol.toLowerCase())));
    return names;
  }

  private say(channel: Channel, recipe: Recipe, at: number): void {
    if (!('symbol' in recipe)) return this.sayArray(channel, recipe, at);
    const { symbol } = recipe;
    // In upper case it is no stream's name.
    const instrument = symbol === symbol.toLowerCase() ? this.market.instrument(symbol.toUpperCase()) : undefined;
    if (!instrument) return;
    if (recipe.kind === 'partialDepth') return sayBook(channel, instrument, recipe, at);
    if (at % SECOND === 0 && isTimed(recipe)) sayOnTheSecond(channel, instrument, recipe, at);
  }

  private sayArray(channel: Channel, recipe: Recipe, at: number): void {
    if (at % SECOND !== 0) return;
    const changed = this.market.instruments.filter((instrument) => instrument.tradedThisSecond);
    if (changed.length === 0) return;
    if (recipe.kind === 'miniTickers')
      channel.publish((time) => changed.map((instrument) => miniTickerPayload(instrument, at, time)));
    if (recipe.kind === 'rollingTickers')
      channel.publish((time) => changed.map((one) => rollingTickerPayload(one, recipe.window, at, time)));
  }
}

const namesFor = (symbol: string): Names => ({
  trade: `${symbol}@trade`,
  aggTrade: `${symbol}@aggTrade`,
  blockTrade: `${symbol}@blockTrade`,
  bookTicker: `${symbol}@bookTicker`,
  depth: { 100: [`${symbol}@depth@100ms`], 1000: [`${symbol}@depth`, `${symbol}@depth@1000ms`] },
});

function sayBook(
  channel: Channel,
  instrument: Instrument,
  recipe: Recipe & { kind: 'partialDepth' },
  at: number,
): void {
  if (at % (recipe.everyMs * 1_000) !== 0 || channel.mark === instrument.book.updateId) return;
  channel.mark = instrument.book.updateId;
  channel.publish(() => bookPayload(instrument, recipe.levels));
}

const TIMED = ['kline', 'miniTicker', 'ticker', 'rollingTicker', 'avgPrice', 'referencePrice'] as const;

/** One symbol's streams that speak on the full second. */
type Timed = Extract<Recipe, { kind: (typeof TIMED)[number] }>;

const isTimed = (recipe: Recipe): recipe is Timed => TIMED.some((kind) => kind === recipe.kind);

function sayOnTheSecond(channel: Channel, instrument: Instrument, recipe: Timed, at: number): void {
  switch (recipe.kind) {
    case 'kline':
      if (isKlineDue(recipe, at)) channel.publish((time) => klinePayload(instrument, recipe, at, time));
      return;
    case 'miniTicker':
      if (instrument.tradedThisSecond) channel.publish((time) => miniTickerPayload(instrument, at, time));
      return;
    case 'ticker':
      if (instrument.touchedThisSecond) channel.publish((time) => tickerPayload(instrument, at, time));
      return;
    case 'rollingTicker':
      if (instrument.tradedThisSecond)
        channel.publish((time) => rollingTickerPayload(instrument, recipe.window, at, time));
      return;
    case 'avgPrice':
      return channel.publish((time) => avgPricePayload(instrument, at, time));
    case 'referencePrice':
      if (instrument.spec.hasReferencePrice) channel.publish((time) => referencePricePayload(instrument, at, time));
      return;
    default:
      return assertNever(recipe);
  }
}

/** Every 2 s (every second for `1s`), and once when the candle closes, wherever in the 2 s that falls. */
function isKlineDue(recipe: Recipe & { kind: 'kline' }, at: number): boolean {
  const isClosing = candleOpen(recipe.interval, at / 1_000, recipe.offsetMs) === at / 1_000;
  return isClosing || at % (2 * SECOND) === 0;
}
