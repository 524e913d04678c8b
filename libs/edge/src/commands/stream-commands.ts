import {
  ArrayMaxSize,
  ArrayNotEmpty,
  IsArray,
  IsIn,
  IsInt,
  IsObject,
  IsOptional,
  IsString,
  Max,
  Min,
} from 'class-validator';
import type { StreamName } from '#libs/core';

const A_LIST = 'streams: expected a list of stream names, like ["btcusdt@trade"]';

const A_COUNT = 'last: expected a whole number of events, from 0 on';

const MOST_PER_SECOND = 1_000;

const A_RATE = `perSecond: expected a whole number of messages from 1 to ${MOST_PER_SECOND}`;

/** Enough for every stream one client may have by default, in one command. */
export const MOST_AT_ONCE = 4_096;

/** `data` of `unsubscribe`. */
export class StreamsData {
  @IsArray({ message: A_LIST })
  @ArrayNotEmpty({ message: A_LIST })
  @ArrayMaxSize(MOST_AT_ONCE, { message: `streams: expected at most ${MOST_AT_ONCE} names in one command` })
  @IsString({ each: true, message: A_LIST })
  streams!: StreamName[];
}

/** `data` of `subscribe`. */
export class SubscribeData extends StreamsData {
  /** What happens when the client is slower than the stream. */
  @IsOptional()
  @IsIn(['all', 'latest', 'rate'], { message: 'delivery: expected "all", "latest" or "rate"' })
  delivery?: 'all' | 'latest' | 'rate';

  /** Of `rate`: so many messages of each key at most. */
  @IsOptional()
  @Max(MOST_PER_SECOND, { message: A_RATE })
  @Min(1, { message: A_RATE })
  @IsInt({ message: A_RATE })
  perSecond?: number;

  /** The last place the client has seen of each stream; checked in the handler, for class-validator has no word for maps. */
  @IsOptional()
  @IsObject({ message: 'since: expected {"<stream>":{"epoch":…,"seq":…}}' })
  since?: Record<StreamName, unknown>;

  /** So many of the newest events first; how many at most is a setting, checked in the handler. */
  @IsOptional()
  @Min(0, { message: A_COUNT })
  @IsInt({ message: A_COUNT })
  last?: number;
}
