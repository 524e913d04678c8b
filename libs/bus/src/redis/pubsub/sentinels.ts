import type { Redis } from 'ioredis';
import type { Millis } from '#libs/core';
import type { RedisHost } from '#libs/runtime';
import { type RedisAddressee, credentialsOf, redisWith } from './connection.js';

/** What sentinels publish when another Redis has become the master: `<name> <old host> <old port> <new host> <new port>`. */
const SWITCHED = '+switch-master';

const RETRY_MS: Millis = 2_000;

/**
 * Hears from the sentinels when the master changes. The old one may still be there for us, cut off from everybody else or
 * frozen; whoever stayed with it would speak to nobody.
 *
 * ioredis's own `failoverDetector` does this too, but ends a connection for ever when the news come while it is asking
 * where the master is, which is just when they come.
 */
export class Sentinels {
  private readonly connections: readonly Redis[];

  /** @param found told where the master is: when it has changed, and when a sentinel is there (again), for it may have changed before. */
  constructor(addressee: RedisAddressee, found: (master: RedisHost) => void) {
    const { hosts, masterName, sentinelUsername: username, sentinelPassword: password, isTls } = addressee;
    /** Who knows no such master answers nothing. */
    const tell = (answer: unknown): void => {
      const [host, port] = Array.isArray(answer) ? (answer as unknown[]) : [];
      if (typeof host === 'string') found({ host, port: Number(port) });
    };
    this.connections = (masterName === undefined ? [] : hosts).map((host) => {
      const redis = redisWith({
        ...host,
        ...credentialsOf({ username, password, isTls }),
        retryStrategy: () => RETRY_MS,
      });
      // One that is away is one of several; that none is there is said by who looks for the master.
      redis.on('error', () => undefined);
      redis.on('ready', () => {
        // In this order and at once: nothing but subscribing is possible afterwards, and no change may come in between.
        redis.call('SENTINEL', 'GET-MASTER-ADDR-BY-NAME', masterName ?? '').then(tell, () => undefined);
        void redis.subscribe(SWITCHED).catch(() => undefined);
      });
      redis.on('message', (_channel, text: string) => {
        const [name, , , ...to] = text.split(' ');
        if (name === masterName) tell(to);
      });
      return redis;
    });
  }

  start(): void {
    for (const redis of this.connections) redis.connect().catch(() => undefined);
  }

  stop(): void {
    for (const redis of this.connections) redis.disconnect();
  }
}
