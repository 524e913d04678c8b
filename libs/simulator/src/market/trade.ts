/** One match. Price in ticks, quantity in lots, `at` in microseconds since the Unix epoch. */
export interface SimTrade {
  readonly id: number;
  readonly ticks: number;
  readonly lots: number;
  readonly at: number;
  readonly buyerIsMaker: boolean;
}

/** One taker order's fills at one price: trades `firstTrade` to `lastTrade`. */
export interface SimAggTrade extends SimTrade {
  readonly firstTrade: number;
  readonly lastTrade: number;
}

/** A trade agreed outside the book; ids of its own. */
export type SimBlockTrade = SimTrade;
