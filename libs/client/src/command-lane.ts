import type { Cancel, ClientLimits, Clock, LooseContract, Millis, Place, StreamName } from '#libs/core';

export interface SubscribeCommand {
  event: 'subscribe';
  data: { streams: StreamName[]; since?: Record<StreamName, Place>; last?: number } & Partial<LooseContract>;
}

/** What the client asks of a gateway. */
export type ClientCommand =
  SubscribeCommand | { event: 'unsubscribe'; data: { streams: StreamName[] } } | { event: 'ping' };

interface LanePorts {
  clock: Clock;
  /** The next command, by what is wanted now; it counts as sent. Undefined when there is nothing to say. */
  next(limits: ClientLimits): ClientCommand | undefined;
  send(text: string): void;
}

/**
 * The one way of commands to the gateway: one is under way at a time, and what is wanted meanwhile goes into the next one. That
 * one follows the reply by as long as the gateway's limit asks, so that no second of the gateway's clock can hold too many,
 * however late the network delivers.
 */
export class CommandLane {
  private limits: ClientLimits | undefined;
  private underWay: { id: number; command: ClientCommand } | undefined;
  private cancelRest: Cancel | undefined;
  private isPingDue = false;
  private lastId = 0;

  constructor(private readonly ports: LanePorts) {}

  /** The gateway has said its limits: commands may go. */
  open(limits: ClientLimits): void {
    this.limits = limits;
    this.wake();
  }

  /** The connection is gone, and with it whatever was under way. */
  close(): void {
    this.limits = undefined;
    this.underWay = undefined;
    this.isPingDue = false;
    this.cancelRest?.();
    this.cancelRest = undefined;
  }

  /** Sends the next command, if it is time for one. */
  wake(): void {
    if (!this.limits || this.underWay || this.cancelRest) return;
    const command = this.isPingDue ? ({ event: 'ping' } as const) : this.ports.next(this.limits);
    if (!command) return;
    if (command.event === 'ping') this.isPingDue = false;
    this.lastId += 1;
    this.underWay = { id: this.lastId, command };
    this.ports.send(JSON.stringify({ ...command, id: this.lastId }));
  }

  ping(): void {
    this.isPingDue = true;
    this.wake();
  }

  /**
   * The command that a reply is about: a reply without an id can only be about the one that is under way. Undefined when it is
   * about none of this connection's.
   */
  answered(id: unknown): ClientCommand | undefined {
    const { underWay, limits } = this;
    if (!underWay || !limits || (id !== undefined && id !== underWay.id)) return undefined;
    this.underWay = undefined;
    // Timers may fire a millisecond early.
    this.rest(Math.ceil(1_000 / limits.commandsPerSecond) + 1);
    return underWay.command;
  }

  /** No command for so long. */
  rest(ms: Millis): void {
    this.cancelRest?.();
    this.cancelRest = this.ports.clock.after(ms, () => {
      this.cancelRest = undefined;
      this.wake();
    });
  }
}
