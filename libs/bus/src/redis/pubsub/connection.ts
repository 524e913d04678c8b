import { Redis, type RedisOptions } from 'ioredis';
import { type Millis, doubled } from '#libs/core';
import { systemRandom } from '#libs/runtime';

const RETRY_FIRST_MS: Millis = 50;
const RETRY_MOST_MS: Millis = 1_000;

/** One connection to Redis, over and over. */
export interface RedisConnection {
  readonly redis: Redis;
  /** It has proved to work, so that the next loss is again the first one. */
  worked(): void;
}

/**
 * One connection to Redis that reconnects for ever. Nothing waits for a connection that is not there: a command is
 * refused at once, and what was in flight when a connection died is not sent again, because the other side may have
 * had it.
 *
 * Whether it works is told by echoes alone (`Liveness`). So nothing is asked before it counts as ready (a server that hangs
 * would keep it from that), and ioredis's `socketTimeout` is not used: its timer outlives the connection that it watched and
 * cuts the next one. Nor does its count of failures do, which begins anew with every TCP handshake.
 */
export function connectTo(redisUrl: string, name: string): RedisConnection {
  let failures = 0;
  const redis = new Redis({
    ...addresseeOf(new URL(redisUrl)),
    lazyConnect: true,
    enableOfflineQueue: false,
    enableReadyCheck: false,
    disableClientInfo: true,
    autoResendUnfulfilledCommands: false,
    autoResubscribe: false,
    maxRetriesPerRequest: 0,
    connectTimeout: 3_000,
    keepAlive: 10_000,
    // A server that hangs does not answer a goodbye either.
    disconnectTimeout: 100,
    retryStrategy: () => RETRY_FIRST_MS + systemRandom() * doubled(RETRY_FIRST_MS, ++failures, RETRY_MOST_MS),
  });
  // For CLIENT LIST. An access list may forbid it.
  redis.on('ready', () => void redis.client('SETNAME', name).catch((error: Error) => error.message));
  return {
    redis,
    worked: () => {
      failures = 0;
    },
  };
}

/** Read here as the setting was checked, so that one parser says what the URL means. */
function addresseeOf({ hostname, port, protocol, username, password }: URL): RedisOptions {
  return {
    host: hostname.replace(/^\[|\]$/g, ''),
    port: Number(port || '6379'),
    ...(username !== '' && { username: decodeURIComponent(username) }),
    ...(password !== '' && { password: decodeURIComponent(password) }),
    ...(protocol === 'rediss:' && { tls: {} }),
  };
}

/** Host and port of a Redis URL for logs: never the credentials in it. */
export function addressOf(redisUrl: string): string {
  const { hostname, port } = new URL(redisUrl);
  return `${hostname}:${port || '6379'}`;
}

/** Whether connections begin with a password of ours. */
export const hasPassword = (redisUrl: string): boolean => new URL(redisUrl).password !== '';

/** Ends the present connection at once, as if the network had; the next one is tried as after any loss. */
export function cut({ redis }: RedisConnection): void {
  if (redis.status === 'ready' || redis.status === 'connect') redis.stream.destroy();
}

/** What Redis itself answered, as opposed to what became of a connection; undefined where it answered nothing. */
export const wordsOf = (error: Error): string | undefined => (error.name === 'ReplyError' ? error.message : undefined);
