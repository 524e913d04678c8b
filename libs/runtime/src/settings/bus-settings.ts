import { IsInt, IsNotEmpty, IsOptional, IsString, Matches, Max, Min } from 'class-validator';
import { asItIs, integer, text } from './readers.js';
import { redisUrl } from './redis-url.js';
import { Setting } from './setting.js';

/** Which bus carries events from the upstream to the edges. */
export class BusSettings {
  @Setting({
    env: 'HOLDFAST_REDIS_URL',
    read: redisUrl,
    expected:
      'a URL like redis://host:6379, rediss://user:password@host:6380, redis-sentinel://user:password@host:26379,host:26379/master-name or redis-cluster://user:password@host:6379,host:6379, with # / ? % @ in a password written as %23 %2F %3F %25 %40, and without a database number: pub/sub knows no databases, HOLDFAST_REDIS_PREFIX keeps installations apart',
    says: 'Redis that carries events between processes; rediss, rediss-sentinel and rediss-cluster go over TLS. Unset: an in-memory bus, for standalone only.',
    isSecret: true,
  })
  @IsOptional()
  @IsString()
  redisUrl?: string;

  @Setting({
    env: 'HOLDFAST_REDIS_SENTINEL_USERNAME',
    read: text,
    expected: 'a name of at least one character',
    says: 'Who we are for the sentinels, where they know users; user and password in the URL are for Redis.',
  })
  @IsOptional()
  @IsNotEmpty()
  @IsString()
  sentinelUsername?: string;

  @Setting({
    env: 'HOLDFAST_REDIS_SENTINEL_PASSWORD',
    read: asItIs,
    expected: 'a password of at least one character',
    says: 'What the sentinels ask for (their requirepass).',
    isSecret: true,
  })
  @IsOptional()
  @IsNotEmpty()
  @IsString()
  sentinelPassword?: string;

  @Setting({
    env: 'HOLDFAST_REDIS_PREFIX',
    read: text,
    expected: 'at most 64 letters, digits and : . _ -, like staging:',
    says: 'Put before every channel and key in Redis. Installations that share a Redis need one each; all processes of one installation need the same.',
  })
  @Matches(/^[A-Za-z0-9:._-]{0,64}$/)
  redisPrefix: string = '';

  @Setting({
    env: 'HOLDFAST_BUS_QUEUE_BYTES',
    read: integer,
    expected: 'a number of bytes from 65536 to 1073741824',
    says: 'How many bytes may wait for a slow Redis before newer events are dropped and counted; questions and answers have as much room of their own.',
  })
  @Max(1_073_741_824)
  @Min(65_536)
  @IsInt()
  queueBytes: number = 16_777_216;

  @Setting({
    env: 'HOLDFAST_BUS_FLUSH_MS',
    read: integer,
    expected: 'a number of milliseconds from 0 to 20',
    says: 'For how long messages gather before a process sends them to Redis in one write. 0: what one turn of its loop brought goes together; more costs every event that delay and saves CPU where few come at a time. Questions and answers never wait.',
  })
  @Max(20)
  @Min(0)
  @IsInt()
  flushMs: number = 0;
}
