import type { Millis, StreamName } from '#libs/core';
import type { Rendition } from './rendition.js';
import type { Entry } from './request-path.js';
import type { Command, Wire } from './wire/wire.js';

/** What a session needs of a WebSocket; a uWebSockets.js socket is one. It must not be touched after it has closed. */
export interface Socket {
  send(text: string): unknown;
  ping(payload: string): unknown;
  subscribe(topic: string): unknown;
  unsubscribe(topic: string): unknown;
  cork(write: () => void): unknown;
  end(code: number, reason: string): unknown;
  getBufferedAmount(): number;
}

/** One client connection. Everything is a no-op once it has closed. */
export class Session {
  readonly wire: Wire;
  readonly streams = new Set<StreamName>();
  /** Binance's property: whether frames come in the combined envelope. */
  isCombined: boolean;
  /** Refused commands since the last good one. */
  errors = 0;
  /** Takes a command to its handler; set when the handlers are bound. */
  run: (command: Command) => Promise<void> = () => Promise.resolve();
  private socket: Socket | undefined;
  private second: Millis = 0;
  private commandsThisSecond = 0;
  private lastCommand: Promise<void> = Promise.resolve();

  constructor(
    readonly id: number,
    readonly entry: Entry,
    readonly address: string,
    readonly openedAt: Millis,
    socket: Socket,
  ) {
    this.wire = entry.wire;
    this.isCombined = entry.isCombined;
    this.socket = socket;
  }

  get isOpen(): boolean {
    return this.socket !== undefined;
  }

  get rendition(): Rendition {
    return this.renditionWhen(this.isCombined);
  }

  renditionWhen(isCombined: boolean): Rendition {
    if (this.wire.name === 'native') return 'native';
    if (this.entry.isMicrosecond) return isCombined ? 'combined-us' : 'raw-us';
    return isCombined ? 'combined' : 'raw';
  }

  /** Bytes that wait because the client does not read them. */
  get backlogBytes(): number {
    return this.socket?.getBufferedAmount() ?? 0;
  }

  /** Several texts go out in one write. */
  send(...texts: string[]): void {
    const { socket } = this;
    socket?.cork(() => {
      for (const text of texts) socket.send(text);
    });
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

  /** Counts a command; false when the client has sent more than it may in this second. */
  mayCommand(now: Millis, perSecond: number): boolean {
    const second = Math.floor(now / 1000);
    if (second !== this.second) {
      this.second = second;
      this.commandsThisSecond = 0;
    }
    this.commandsThisSecond += 1;
    return this.commandsThisSecond <= perSecond;
  }

  /** Runs a command after those before it: a client that subscribes and unsubscribes means it in that order. */
  enqueue(command: Command): void {
    this.lastCommand = this.lastCommand.then(() => (this.isOpen ? this.run(command) : undefined));
  }

  /** Says why and closes. The socket's close handler runs before this returns. */
  close(code: number, reason: string): void {
    this.socket?.end(code, reason);
  }

  /** Called by the adapter when the socket has closed. */
  closed(): void {
    this.socket = undefined;
  }
}
