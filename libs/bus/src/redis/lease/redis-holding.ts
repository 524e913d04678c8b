import type { Cancel, Topic } from '#libs/core';
import type { Holding, LeaseHold } from '../../ports/lease.js';
import type { Messages } from '../../ports/messages.js';
import { cut } from '../pubsub/connection.js';
import type { Lane } from '../pubsub/lane.js';
import { answered } from './answered.js';
import { HeldGates } from './held-gates.js';
import { LeaseEntry, type LeaseParts, connectedLanes, runAt } from './lease-entry.js';
import { LEAVE, RENEW, readRenewal } from './scripts.js';

/**
 * A lease that is held at one Redis, or over a cluster. The gates before what it publishes are open on connections that have
 * entered, and no longer: each begins shut, so nothing leaves on one that whoever takes the lease does not know of, and would not
 * kill. Of a cluster all that are there enter together; a shard that cannot be reached keeps what goes there waiting and nothing else.
 */
export class RedisHolding implements Holding {
  readonly messages: Pick<Messages, 'publish'>;
  private readonly gates = new HeldGates();
  private readonly entry: LeaseEntry;
  private readonly listeners = new Set<() => void>();
  private readonly forgetConnections: Cancel;
  private entering: Promise<'entered' | 'lost'> | undefined;
  private isOver = false;

  constructor(
    private readonly parts: LeaseParts,
    private readonly key: Topic,
    private readonly held: LeaseHold,
  ) {
    const { carrier, counts } = parts;
    this.entry = new LeaseEntry(parts, key, held, this.gates);
    this.messages = {
      publish: (topic, text) => {
        const lane = carrier.lanes.of(topic);
        if (lane) lane.publisher.publishHeld(this.gates.of(lane), lane.channelOf(topic), text);
        else counts.droppedDown += 1;
      },
    };
    this.forgetConnections = carrier.lanes.onConnection((lane, isThere) => {
      if (isThere) this.connected();
      else this.disconnected(lane);
    });
  }

  get isOpen(): boolean {
    return this.gates.of(this.parts.carrier.lanes.home).isOpen;
  }

  enter(): Promise<'entered' | 'lost'> {
    if (this.isOver) return Promise.resolve('lost');
    if (this.entering) return this.entering;
    const entering = this.tryEnter().finally(() => {
      if (this.entering === entering) this.entering = undefined;
    });
    this.entering = entering;
    return entering;
  }

  async renew(): Promise<'held' | 'gone' | 'lost'> {
    if (!this.isOpen && (await this.enter()) === 'lost') return 'lost';
    const isPartShut = connectedLanes(this.parts.carrier).some((lane) => !this.gates.of(lane).isOpen);
    if (isPartShut) void this.enter().catch(() => undefined);
    const { owner, term } = this.held;
    const is = readRenewal(await runAt(this.parts, this.key, RENEW, owner, term));
    return is === 'lost' ? this.lose() : is;
  }

  async leave(next = ''): Promise<boolean> {
    const { carrier, clock } = this.parts;
    const { owner, term } = this.held;
    const entered = this.gates.entered();
    this.end();
    for (const { publisher } of carrier.lanes.all) publisher.flush();
    const left = entered.map(async ({ lane, connection }) => {
      // On one connection all that is handed over now has been carried out when the script is.
      if (lane === carrier.lanes.home) return [connection];
      return answered(clock, lane.parts.publishing.redis.client('INFO')).then(
        () => [connection],
        () => [],
      );
    });
    return (await runAt(this.parts, this.key, LEAVE, owner, term, next, ...(await Promise.all(left)).flat())) === 1;
  }

  /** Where records are: as long as somebody else cannot take the lease there, what is said elsewhere is fenced as before. */
  cut(): void {
    const { home } = this.parts.carrier.lanes;
    this.disconnected(home);
    cut(home.parts.publishing);
  }

  onLost(listener: () => void): Cancel {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  end(): void {
    this.isOver = true;
    this.shut();
    this.listeners.clear();
    this.forgetConnections();
  }

  /** Nothing leaves before the next entry. */
  shut(): void {
    this.gates.shutAll();
    this.entering = undefined;
  }

  private async tryEnter(): Promise<'entered' | 'lost'> {
    const is = await this.entry.make();
    return is === 'lost' ? this.lose() : is;
  }

  private lose(): 'lost' {
    const listeners = [...this.listeners];
    if (!this.isOver) this.end();
    for (const listener of listeners) listener();
    return 'lost';
  }

  /** Where Redis refuses, or does not answer, the next renewal enters. */
  private readonly connected = (): void => {
    // An entry that is under way began without this connection.
    const before = this.entering?.catch(() => undefined) ?? Promise.resolve();
    void before.then(() => this.enter()).catch(() => undefined);
  };

  private readonly disconnected = (lane: Lane): void => {
    this.gates.shut(lane);
    if (lane === this.parts.carrier.lanes.home) this.entering = undefined;
  };
}
