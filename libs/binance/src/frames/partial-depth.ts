import type { Level, PartialDepth } from '#libs/core';
import { cutter } from '../shape/cut.js';
import { IsLevels, IsWhole } from '../shape/fields.js';
import { type StreamDeclaration, risingBy } from '../stream-type.js';

/** Has no symbol, no event type and no time: only the stream's name says what it is. @see https://developers.binance.com/docs/binance-spot-api-docs/web-socket-streams#partial-book-depth-streams */
export class PartialDepthFrame {
  @IsWhole('Order book update id') lastUpdateId!: number;
  @IsLevels('Best bids, best first') bids!: Level[];
  @IsLevels('Best asks, best first') asks!: Level[];
}

export const partialDepth: StreamDeclaration<PartialDepthFrame, PartialDepth> = {
  type: 'partialDepth',
  names: {
    depth5: { levels: 5 },
    depth10: { levels: 10 },
    depth20: { levels: 20 },
    'depth5@100ms': { levels: 5, speed: '100ms' },
    'depth10@100ms': { levels: 10, speed: '100ms' },
    'depth20@100ms': { levels: 20, speed: '100ms' },
  },
  aliases: { 'depth5@1000ms': 'depth5', 'depth10@1000ms': 'depth10', 'depth20@1000ms': 'depth20' },
  shape: PartialDepthFrame,
  normalize: (frame, { stream, receivedAt }, { symbol = '' }) => ({
    type: 'partialDepth',
    stream,
    epoch: 0,
    seq: 0,
    symbol,
    updateId: frame.lastUpdateId,
    bids: frame.bids,
    asks: frame.asks,
    receivedAt,
  }),
  rebuild: (event) => ({ lastUpdateId: event.updateId, bids: event.bids, asks: event.asks }),
  cut: cutter(
    'partialDepth',
    { symbol: 'name', updateId: 'whole', bids: 'levels', asks: 'levels' },
    (_, id, bids, asks) => `{"lastUpdateId":${id},"bids":${bids},"asks":${asks}}`,
  ),
  ordering: risingBy((event) => event.updateId),
  isPaced: false,
  newcomer: 'newest',
};
