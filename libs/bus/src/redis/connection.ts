import { Redis } from 'ioredis';
import { systemRandom } from '#libs/runtime';

const RETRY_FIRST_MS = 50;
const RETRY_MOST_MS = 1_000;

/**
 * One connection to Redis that reconnects for ever. Nothing waits for a connection that is not there: a command is
 * refused at once, and what was in flight when a connection died is not sent again, because the other side may have
 * had it. Whoever gets it must listen to `error`; without a listener ioredis would end the process.
 */
export function connectTo(redisUrl: string, name: string): Redis {
  return new Redis(redisUrl, {
    connectionName: name,
    lazyConnect: true,
    enableOfflineQueue: false,
    autoResendUnfulfilledCommands: false,
    autoResubscribe: false,
    maxRetriesPerRequest: 0,
    connectTimeout: 3_000,
    keepAlive: 10_000,
    socketTimeout: 10_000,
    retryStrategy: (failures) =>
      RETRY_FIRST_MS + systemRandom() * Math.min(RETRY_MOST_MS, RETRY_FIRST_MS * 2 ** Math.min(failures, 10)),
  });
}

/** Host and port of a Redis URL for logs: never the credentials in it. */
export function addressOf(redisUrl: string): string {
  const { hostname, port } = new URL(redisUrl);
  return `${hostname}:${port || '6379'}`;
}

/** Ends the present connection at once, as if the network had; the next one is tried as after any loss. */
export function cut(redis: Redis): void {
  if (redis.status === 'ready' || redis.status === 'connect') redis.stream.destroy();
}
