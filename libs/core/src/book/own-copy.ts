/** From so many letters on, V8 cuts a text out of another one as a view of it, which keeps the whole of that in memory. */
const VIEWED_FROM = 13;

/**
 * The same text without what it may have been cut out of: a level lives for hours, the frame that it came in need not. A parser
 * always makes new texts; two halves put together would do too, but take up three times as much.
 */
export const ownCopy = (text: string): string =>
  text.length < VIEWED_FROM ? text : (JSON.parse(JSON.stringify(text)) as string);
