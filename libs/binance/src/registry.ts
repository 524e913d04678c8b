import { aggTrade } from './frames/agg-trade.js';
import { avgPrice } from './frames/avg-price.js';
import { blockTrade } from './frames/block-trade.js';
import { bookTicker } from './frames/book-ticker.js';
import { depth } from './frames/depth.js';
import { kline } from './frames/kline.js';
import { miniTicker } from './frames/mini-ticker.js';
import { partialDepth } from './frames/partial-depth.js';
import { referencePrice } from './frames/reference-price.js';
import { rollingTicker } from './frames/rolling-ticker.js';
import { ticker } from './frames/ticker.js';
import { trade } from './frames/trade.js';
import { type CompiledShape, compileShape } from './shape/compile.js';
import type { Ordering, StreamDeclaration, StreamType } from './stream-type.js';

/** A declaration and what was compiled from it at start. */
export interface KnownType extends StreamDeclaration {
  compiled: CompiledShape;
}

/** Every kind of stream that we know. A new kind is one more line here. */
const DECLARATIONS: Record<StreamType, StreamDeclaration> = {
  trade,
  aggTrade,
  blockTrade,
  kline,
  miniTicker,
  ticker,
  rollingTicker,
  bookTicker,
  avgPrice,
  partialDepth,
  depth,
  referencePrice,
};

/** Every kind of stream, its shape compiled; made when this file is first loaded, so a bad declaration stops the process. */
export const KNOWN_TYPES: readonly KnownType[] = Object.values(DECLARATIONS).map((declaration) =>
  Object.assign(declaration, { compiled: compileShape(declaration.shape) }),
);

const BY_TYPE = new Map(KNOWN_TYPES.map((known) => [known.type, known]));

export function knownType(type: StreamType): KnownType {
  const known = BY_TYPE.get(type);
  if (!known) throw new Error(`No declaration for the stream type ${type}`);
  return known;
}

/** How the events of a stream of this kind follow each other (per symbol, where the stream carries many). */
export const orderingOf = (type: StreamType): Ordering => knownType(type).ordering;

/** Whether the newest event of such a stream says all, so that a newcomer should get it at once. */
export const keepsLatest = (type: StreamType): boolean => knownType(type).keepsLatest;
