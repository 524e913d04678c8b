import { IsInt, IsOptional, Matches, Max, Min } from 'class-validator';
import { integer, text } from './readers.js';
import { Setting } from './setting.js';

/** Which bus carries events from the upstream to the edges. */
export class BusSettings {
  @Setting({
    env: 'HOLDFAST_REDIS_URL',
    read: text,
    expected: 'a URL like redis://host:6379 or rediss://user:password@host:6380/0',
    says: 'Redis that carries events between processes. Unset: an in-memory bus, for standalone only.',
  })
  @IsOptional()
  @Matches(/^rediss?:\/\/[^\s]+$/)
  redisUrl?: string;

  @Setting({
    env: 'HOLDFAST_BUS_QUEUE_BYTES',
    read: integer,
    expected: 'a number of bytes from 65536 to 1073741824',
    says: 'How many bytes may wait for a slow or absent Redis before newer events are dropped and counted.',
  })
  @Max(1_073_741_824)
  @Min(65_536)
  @IsInt()
  queueBytes: number = 16_777_216;
}
