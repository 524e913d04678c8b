import type { Cancel, Clock, Topic } from '#libs/core';
import type { Holding, LeaseHold } from '../../ports/lease.js';
import type { Messages } from '../../ports/messages.js';
import { type RedisConnection, cut } from '../pubsub/connection.js';
import type { HeldGate, RedisPublisher } from '../pubsub/publisher.js';
import { answered } from './answered.js';
import { killArguments, readConnection } from './own-connection.js';
import { ENTER, LEAVE, RENEW, readEntry, readRenewal } from './scripts.js';

export interface LeaseParts {
  publishing: RedisConnection;
  prefix: string;
  publisher: Pick<RedisPublisher, 'publishHeld' | 'flush'>;
  clock: Clock;
}

/** The one part into which one Redis divides its channels. */
const SHARD = '0';

/** Nobody enters beside us, so the first answer names all that are to be killed; only a record that a stranger writes to names more. */
const MOST_ROUNDS = 3;

/**
 * A lease that is held at one Redis. The gate before what it publishes is open on connections that have entered, and no longer:
 * each begins shut, so nothing leaves on one that whoever takes the lease does not know of, and would not kill.
 */
export class RedisHolding implements Holding {
  readonly messages: Pick<Messages, 'publish'>;
  private readonly gate: HeldGate = { isOpen: false };
  private readonly listeners = new Set<() => void>();
  /** Counts how often the gate was shut: what an entry learns that began before opens nothing. */
  private shuttings = 0;
  private entering: Promise<'entered' | 'lost'> | undefined;
  /** The connection that has entered, as Redis knows it. */
  private entered = '';
  private isOver = false;

  constructor(
    private readonly parts: LeaseParts,
    private readonly key: Topic,
    private readonly held: LeaseHold,
  ) {
    const { publishing, publisher, prefix } = parts;
    this.messages = { publish: (topic, text) => publisher.publishHeld(this.gate, prefix + topic, text) };
    publishing.redis.on('ready', this.connected);
    publishing.redis.on('close', this.disconnected);
  }

  get isOpen(): boolean {
    return this.gate.isOpen;
  }

  enter(): Promise<'entered' | 'lost'> {
    if (this.isOver) return Promise.resolve('lost');
    if (this.entering) return this.entering;
    const entering = this.tryEnter(this.shuttings).finally(() => {
      if (this.entering === entering) this.entering = undefined;
    });
    this.entering = entering;
    return entering;
  }

  async renew(): Promise<'held' | 'gone' | 'lost'> {
    if (!this.isOpen && (await this.enter()) === 'lost') return 'lost';
    const { owner, term } = this.held;
    const is = readRenewal(await this.run(RENEW, owner, term));
    return is === 'lost' ? this.lose() : is;
  }

  async leave(next = ''): Promise<boolean> {
    const { entered } = this;
    const { owner, term } = this.held;
    this.end();
    // On one connection all that is handed over now has been carried out when the script is.
    this.parts.publisher.flush();
    return (await this.run(LEAVE, owner, term, next, entered)) === 1;
  }

  cut(): void {
    this.shut();
    cut(this.parts.publishing);
  }

  onLost(listener: () => void): Cancel {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  end(): void {
    this.isOver = true;
    this.shut();
    this.listeners.clear();
    this.parts.publishing.redis.off('ready', this.connected);
    this.parts.publishing.redis.off('close', this.disconnected);
  }

  /** Nothing leaves before the next entry. */
  shut(): void {
    this.gate.isOpen = false;
    this.shuttings += 1;
    this.entering = undefined;
  }

  private async tryEnter(shuttings: number): Promise<'entered' | 'lost'> {
    const { owner, term } = this.held;
    const info = await answered(this.parts.clock, this.parts.publishing.redis.client('INFO'));
    const own = readConnection(info);
    if (own === undefined) throw new Error(`Redis does not say which connection this is: ${info}`);
    const killed: string[] = [];
    for (let round = 0; round < MOST_ROUNDS; round += 1) {
      this.mustBeAsBefore(shuttings);
      const answer = readEntry(
        await this.run(ENTER, owner, term, SHARD, own, this.held.mayRestore() ? 1 : 0, ...killed),
      );
      if (answer.is === 'lost') return this.lose();
      this.mustBeAsBefore(shuttings);
      if (answer.is === 'entered') {
        this.entered = own;
        this.gate.isOpen = true;
        return 'entered';
      }
      await Promise.all(answer.connections.map((connection) => this.kill(connection)));
      killed.push(...answer.connections);
    }
    throw new Error(`Connections that cannot be ended are in the record of the lease ${this.key}`);
  }

  /** Redis carries nothing more of it, not even what it has received already. */
  private async kill(connection: string): Promise<void> {
    const order = killArguments(connection);
    if (order) await answered(this.parts.clock, this.parts.publishing.redis.client('KILL', ...order));
  }

  private run(script: string, ...args: (string | number)[]): Promise<unknown> {
    const { publishing, prefix, clock } = this.parts;
    return answered(clock, publishing.redis.eval(script, 1, prefix + this.key, ...args));
  }

  private mustBeAsBefore(shuttings: number): void {
    if (shuttings !== this.shuttings)
      throw new Error('The connection has not entered: it broke, or was cut, meanwhile');
  }

  private lose(): 'lost' {
    const listeners = [...this.listeners];
    if (!this.isOver) this.end();
    for (const listener of listeners) listener();
    return 'lost';
  }

  /** Where Redis refuses, or does not answer, the next renewal enters. */
  private readonly connected = (): void => void this.enter().catch(() => undefined);

  private readonly disconnected = (): void => {
    this.entered = '';
    this.shut();
  };
}
