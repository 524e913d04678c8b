/** Streams on which something happens all the time, so that a story sees at once that data flows again. */
export const BRISK: readonly (readonly string[])[] = [
  ['trade', 'bookTicker'],
  ['trade', 'aggTrade', 'depth@100ms'],
];
