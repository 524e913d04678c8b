import { Redis, type RedisOptions } from 'ioredis';
import { type Millis, doubled } from '#libs/core';
import { type RedisAddress, type RedisHost, systemRandom } from '#libs/runtime';

const RETRY_FIRST_MS: Millis = 50;
const RETRY_MOST_MS: Millis = 1_000;

/** How long a sentinel has to say where Redis is, before the next one is asked. */
const SENTINEL_ANSWERS_MS: Millis = 1_000;

/** Nothing is sent before a connection is there, or again after it has gone. */
const NOTHING_WAITS = {
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
} as const satisfies RedisOptions;

/**
 * A client of Redis for which nothing waits. ioredis hears the first error of a socket and no further one: one of TLS may have two,
 * what cannot be written and what cannot be read, and the second would end the process. The first may come before it is connected.
 */
export function redisWith(options: RedisOptions): Redis {
  const redis = new Redis({ ...NOTHING_WAITS, ...options });
  const hearAll = (): void => void (redis.stream as Redis['stream'] | undefined)?.on('error', () => undefined);
  redis.on('connect', hearAll).on('error', hearAll);
  return redis;
}

/** One connection to Redis, over and over. */
export interface RedisConnection {
  readonly redis: Redis;
  /** It has proved to work, so that the next loss is again the first one. */
  worked(): void;
}

/** Where Redis is, and who we are for it and for its sentinels. */
export interface RedisAddressee extends RedisAddress {
  sentinelUsername?: string;
  sentinelPassword?: string;
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
export function connectTo(addressee: RedisAddressee, name: string): RedisConnection {
  let failures = 0;
  const retryStrategy = (): Millis =>
    RETRY_FIRST_MS + systemRandom() * doubled(RETRY_FIRST_MS, ++failures, RETRY_MOST_MS);
  const redis = redisWith({
    ...(addressee.masterName === undefined ? addressee.hosts[0] : bySentinels(addressee, retryStrategy)),
    ...credentialsOf(addressee),
    retryStrategy,
  });
  // For CLIENT LIST. An access list may forbid it.
  redis.on('ready', () => void redis.client('SETNAME', name).catch((error: Error) => error.message));
  const connection = {
    redis,
    worked: () => {
      failures = 0;
    },
  };
  if (addressee.masterName !== undefined) redis.on('ready', () => void leaveReplica(connection));
  return connection;
}

interface Credentials extends Pick<RedisAddress, 'isTls'> {
  username?: string | undefined;
  password?: string | undefined;
}

/** Each attempt asks the sentinels anew where the master is. */
function bySentinels(addressee: RedisAddressee, retryStrategy: () => Millis): RedisOptions {
  const { hosts, masterName, sentinelUsername, sentinelPassword, isTls } = addressee;
  return {
    sentinels: [...hosts],
    name: masterName ?? '',
    role: 'master',
    sentinelCommandTimeout: SENTINEL_ANSWERS_MS,
    // Were it anything but a number, the connection would be over for ever once no sentinel is there. ioredis goes on behind the
    // sentinel that answered last, so the end of its list says nothing the first time.
    sentinelRetryStrategy: (time) => (time === 1 ? 1 : retryStrategy()),
    ...(sentinelUsername !== undefined && { sentinelUsername }),
    ...(sentinelPassword !== undefined && { sentinelPassword }),
    ...(isTls && { sentinelTLS: {}, enableTLSForSentinelMode: true }),
  };
}

/** Who we are, and over what we say so. */
export const credentialsOf = ({ username, password, isTls }: Credentials): RedisOptions => ({
  ...(username !== undefined && { username }),
  ...(password !== undefined && { password }),
  ...(isTls && { tls: {} }),
});

/**
 * A sentinel that has not heard of a failover still names the old master, which carries messages as a replica does: only
 * among those who are at it as well.
 *
 * @see https://redis.io/docs/latest/develop/reference/sentinel-clients/ step 3: the client verifies the role
 */
async function leaveReplica(connection: RedisConnection): Promise<void> {
  const answer: unknown = await connection.redis.role().catch(() => undefined);
  if (Array.isArray(answer) && answer[0] !== 'master') cut(connection);
}

/** Host and port for logs, of Redis, of the sentinels that know it, or of nodes of a cluster: never the credentials. */
export function describeAddress({ hosts, masterName, isCluster }: RedisAddress): string {
  const names = hosts.map(({ host, port }) => (host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`));
  if (isCluster) return `the cluster of ${names.join()}`;
  return masterName === undefined ? names.join() : `${masterName} of the sentinels ${names.join()}`;
}

/** Ends the present connection at once, as if the network had; the next one is tried as after any loss. */
export function cut({ redis }: RedisConnection): void {
  if (redis.status === 'ready' || redis.status === 'connect') redis.stream.destroy();
}

/** Ends it where it does not lead to this server, also one that has only begun to. By a host's name it cannot be known. */
export function cutUnlessAt({ redis }: RedisConnection, { host, port }: RedisHost): void {
  const { remoteAddress, remotePort, destroyed = true } = (redis.stream as typeof redis.stream | undefined) ?? {};
  const isThere = remoteAddress?.replace(/^::ffff:/, '') === host && remotePort === port;
  if (!isThere && !destroyed) redis.stream.destroy();
}

/** What ioredis says where a shard tells that it has a channel no more, and was asked nothing. */
const WAS_TOLD_UNASKED = /^Command queue state error\b.*Last reply: sunsubscribe/s;

/** The end of the list of sentinels, of whom none has failed. */
const NO_SENTINEL_FAILED = /^All sentinels are unreachable\. Retrying from scratch after [\d.]+ms\.$/;

/**
 * What became of a connection, in the same words as long as the same is wrong: how long ioredis waits is not part of it.
 * Undefined where it says nothing.
 */
export const troubleOf = ({ message }: Error): string | undefined =>
  WAS_TOLD_UNASKED.test(message)
    ? 'a slot has gone to another shard'
    : NO_SENTINEL_FAILED.test(message)
      ? undefined
      : message.replace(/ Retrying from scratch after [\d.]+ms\./, '');

/** What Redis itself answered, as opposed to what became of a connection; undefined where it answered nothing. */
export const wordsOf = (error: Error): string | undefined => (error.name === 'ReplyError' ? error.message : undefined);
