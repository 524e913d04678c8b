import { host } from './readers.js';
import type { SettingReader } from './setting.js';

export interface RedisHost {
  host: string;
  port: number;
}

/** What a Redis URL says. */
export interface RedisAddress {
  /** Redis itself; with a `masterName`, the sentinels that know where it is; of a cluster, some of its nodes. Never empty. */
  hosts: readonly [RedisHost, ...RedisHost[]];
  /** The name of the master that the sentinels watch. Absent where Redis is addressed itself. */
  masterName?: string;
  /** Whether it is a Redis Cluster. */
  isCluster: boolean;
  /** Who we are for Redis; what sentinels ask for is a setting of its own. */
  username?: string;
  password?: string;
  /** Whether Redis, and the sentinels, are spoken to over TLS. */
  isTls: boolean;
}

const REDIS_PORT = 6379;
const SENTINEL_PORT = 26379;

/** Scheme, sentinels or a cluster or neither, credentials up to the last `@`, hosts, and what follows them. */
const PARTS = /^(rediss?)(?:-(sentinel|cluster))?:\/\/(?:([^\s/?#]*)@)?([^\s/?#@]+)(\/[^\s?#]*)?$/;

/** What may follow the hosts. A name is what Sentinel takes in its configuration; a database must be the first one, and a cluster has no other. */
const PATHS = { '': /^(\/0?)?$/, sentinel: /^\/[\w.-]+$/, cluster: /^\/?$/ };

/**
 * Reads a Redis URL of which every part is used: `redis://` and `rediss://` for one Redis, `redis-sentinel://` and
 * `rediss-sentinel://` for the sentinels of one, comma separated, with the master's name as the path, `redis-cluster://` and
 * `rediss-cluster://` for some nodes of a cluster. Anything else is refused rather than guessed at: a `#`, `?` or `/` in a password
 * that is not percent-encoded ends the host, and a database number would keep keys apart but not channels.
 */
export function readRedisUrl(given: string): RedisAddress | undefined {
  const [, scheme, kind = '', credentials = '', hostsText = '', path = ''] = PARTS.exec(given.trim()) ?? [];
  if (scheme === undefined || !PATHS[kind as keyof typeof PATHS].test(path)) return undefined;
  const names = kind === '' ? [hostsText] : hostsText.split(',');
  const [first, ...others] = names.map((name) => readHost(name, kind === 'sentinel' ? SENTINEL_PORT : REDIS_PORT));
  const user = readCredentials(credentials);
  if (!first || !others.every((host) => host !== undefined) || !user) return undefined;
  return {
    hosts: [first, ...others],
    ...user,
    isTls: scheme === 'rediss',
    isCluster: kind === 'cluster',
    ...(kind === 'sentinel' && { masterName: path.slice(1) }),
  };
}

/** The text of a Redis URL that `readRedisUrl` can read. */
export const redisUrl: SettingReader<string> = (given) =>
  readRedisUrl(given) === undefined ? undefined : given.trim();

function readHost(text: string, defaultPort: number): RedisHost | undefined {
  // A scheme that URL knows no port of, so that none is left out; it takes more for a host than is one.
  const url = URL.parse(`redis://${text}`);
  const name = url ? host(url.hostname) : undefined;
  if (name === undefined || url?.port === '0' || url?.pathname !== '') return undefined;
  return { host: name, port: Number(url.port || defaultPort) };
}

/** A user without a password is a password that was written in the wrong place. */
function readCredentials(text: string): Pick<RedisAddress, 'username' | 'password'> | undefined {
  const url = URL.parse(`redis://${text}@host`);
  if (!url || (url.username !== '' && url.password === '')) return undefined;
  try {
    const [username, password] = [decodeURIComponent(url.username), decodeURIComponent(url.password)];
    return { ...(username !== '' && { username }), ...(password !== '' && { password }) };
  } catch {
    return undefined;
  }
}
