import type { Millis, StreamName } from '#libs/core';
import type { Permit } from '#libs/tokens';
import type { HeldPattern } from '../contracts/pattern.js';
import type { ClientSocket } from '../delivery/client-socket.js';
import type { Flow } from '../delivery/conflation/flow.js';
import type { Hearer } from '../delivery/crowd.js';
import { type Rendition, binanceRendition } from '../delivery/rendition.js';
import type { EdgeCounts } from '../metrics/edge-counts.js';
import type { EdgeStream } from '../streams/edge-stream.js';
import { CommandRate } from './command-rate.js';
import { OpenPings } from './pings.js';
import type { DoorEntry } from './request-path.js';
import type { Command, Outcome, Wire } from './wire/wire.js';

/** The close code of a connection that ends without a word. */
const CUT = 1006;

/** How a client is told to go. */
interface Farewell {
  code: number;
  reason: string;
}

/** One client connection. Everything is a no-op once it has closed. */
export class Session {
  readonly wire: Wire;
  /** What it has, by the name by which it asked for it, in the order in which it did; undefined where nothing ever comes. */
  readonly streams = new Map<StreamName, EdgeStream | undefined>();
  /** As whom it hears what it does not hear as itself: under another name (see `ParsedStream.alias`), or not all of it. */
  readonly hearers = new Map<StreamName, Hearer>();
  /** By which it has what is carried, by their texts. */
  readonly patterns = new Map<string, HeldPattern>();
  /** Pings and pongs cost as much as commands, and are counted apart from them: who keeps the pace of commands may ping as well. */
  readonly rates = { commands: new CommandRate(), pings: new CommandRate(), excess: new CommandRate() };
  /** With the time, as Binance sends them. */
  readonly openPings = new OpenPings();
  /** Binance's property: whether frames come in the combined envelope. */
  isCombined: boolean;
  /** Does something while what is sent to this client is held together; set once its socket is there. */
  cork: (act: () => void) => void = (act) => act();
  /** What its token allows; absent where nobody is asked for one. */
  permit: Permit | undefined;
  /** What its program calls itself; empty where it does not say. */
  agent = '';
  /** How we ended it; absent while it is here, and where somebody else did. */
  said: Farewell | undefined;
  /** Whose room its streams take: somebody with a token, or an address. */
  holder = '';
  /** Commands refused since the last good one. */
  refusals = 0;
  /** Takes a command to its handler; set when the handlers are bound. */
  run: (command: Command) => Promise<Outcome> = () => Promise.reject(new Error('no handlers are bound yet'));
  /** Commands that are carried out or wait for their turn. */
  queued = 0;
  /** By which it gets what is conflated for it. */
  flow: Flow | undefined;
  /** Where letters sent to this client alone are counted, and names of nothing. */
  counts: Pick<EdgeCounts, 'sentBytes' | 'silentNames'> | undefined;
  /** Called when one more waits, and when the client has gone; set while one of them waits for something else. */
  hurry: () => void = () => undefined;
  /** Called when something of what waited has been read; set while it is behind its streams. */
  reads: () => void = () => undefined;
  /** Called when it is to go, before its socket has gone: nothing more is published to it. */
  leaves: () => void = () => undefined;
  private farewell: Farewell | undefined;
  private socket: ClientSocket | undefined;
  private lastCommand: Promise<void> = Promise.resolve();

  constructor(
    readonly id: number,
    readonly entry: DoorEntry,
    readonly address: string,
    readonly openedAt: Millis,
    socket: ClientSocket,
  ) {
    this.wire = entry.wire;
    this.isCombined = entry.isCombined;
    this.socket = socket;
  }

  get isOpen(): boolean {
    return this.socket !== undefined && !this.farewell;
  }

  /** Whether it is to go, and has still to read what waits for it. */
  get isLeaving(): boolean {
    return this.farewell !== undefined;
  }

  /** The form in which it gets events. */
  get rendition(): Rendition {
    if (this.wire.name === 'native') return 'native';
    const { isCombined, entry } = this;
    return binanceRendition({ isCombined, isMicrosecond: entry.isMicrosecond });
  }

  /** As whom it hears what it has by this name: as itself, unless that is a stream's other name. */
  hearerOf(name: StreamName): Hearer {
    return this.hearers.get(name) ?? this;
  }

  /** Bytes that wait because the client does not read them, and must not be left out. */
  get backlogBytes(): number {
    return this.unsentBytes + (this.flow?.keptBytes ?? 0);
  }

  /** Those of them that have been sent, as far as we know, and wait in its socket. */
  get unsentBytes(): number {
    return this.socket?.getBufferedAmount() ?? 0;
  }

  /** Several texts go out in one write. */
  send(...texts: string[]): void {
    const { socket } = this;
    if (!this.isOpen) return;
    socket?.cork(() => {
      for (const text of texts) socket.send(text);
    });
    if (this.counts) for (const { length } of texts) this.counts.sentBytes += length;
  }

  ping(payload: string): void {
    this.socket?.ping(payload);
  }

  join(topic: string): void {
    this.socket?.subscribe(topic);
  }

  leave(topic: string): void {
    this.socket?.unsubscribe(topic);
  }

  /** Does this after what was enqueued before: a client that subscribes and unsubscribes means it in that order. */
  enqueue(act: () => Promise<void>): void {
    this.queued += 1;
    this.hurry();
    this.lastCommand = this.lastCommand
      .then(() => (this.isOpen ? act() : undefined))
      .finally(() => {
        this.queued -= 1;
      });
  }

  /**
   * Says why and closes, behind all that waits for the client. uWebSockets.js forgets a socket that it is told to end, with all that
   * waits in it, for up to 16 s: so it is told when nothing waits, and until then the client counts as one that is here.
   *
   * @param why for operators, where the client is told less.
   */
  close(code: number, reason: string, why = reason): void {
    if (!this.socket || this.farewell) return;
    this.said = { code, reason: why };
    if (this.unsentBytes === 0) return void this.socket.end(code, reason);
    this.farewell = { code, reason };
    this.hurry();
    this.leaves();
  }

  /** Called when something of what waited has been read. */
  drained(): void {
    if (!this.farewell) {
      this.flow?.flush();
      return this.reads();
    }
    if (this.unsentBytes > 0) return;
    this.socket?.end(this.farewell.code, this.farewell.reason);
  }

  /** Ends the connection at once, and what waits for the client with it. `why` is for operators: the client hears nothing. */
  cut(why: string): void {
    this.said ??= { code: CUT, reason: why };
    this.socket?.close();
  }

  /** Called when the socket has closed. */
  closed(): void {
    this.socket = undefined;
    this.farewell = undefined;
    this.flow?.end();
    this.hurry();
  }
}
