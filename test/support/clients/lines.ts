/** Where a program written for Binance is told to go. */
export interface ClientUrls {
  /** Base of stream URLs: `ws://…`, without a path. */
  streams: string;
  /** Base of REST URLs: `http://…`, without a path. */
  rest: string;
}

/** What a program tells the test that started it: one line of JSON each, on its standard output. */
export type Line =
  /** A payload as Binance writes it, as far as the library hands it out, or the array of an array stream. */
  | { stream: string; data: unknown }
  /** A REST request was answered, by the name of its endpoint. */
  | { answered: string }
  /** The book that the program fetched to go on from with the diffs of a stream, and how many levels of it. */
  | { snapshot: string; limit: number; data: FetchedBook }
  /** A book that the library itself keeps: quantities by price. */
  | { book: string; id: number; bids: Record<string, number>; asks: Record<string, number> }
  /** The library says that something is wrong, that a connection ended, or that it connects again. */
  | { trouble: string };

/** The answer of `depth`. */
export interface FetchedBook {
  lastUpdateId: number;
  bids: [price: string, quantity: string][];
  asks: [price: string, quantity: string][];
}
