import type { Cancel, Clock, Millis } from '#libs/core';
import type { Closing, Dial, Socket, SocketEvents } from '#libs/link';

/** A class of WebSockets as browsers and Node 22 have it, and as the package `ws` exports it. */
export type WebSocketClass = new (url: string, protocols?: string[]) => WebSocketLike;

/** A token, or what gives the one of the moment, asked at every attempt: tokens that end are replaced there. */
export type TokenSource = string | (() => string);

/** What is used of one. */
export interface WebSocketLike {
  binaryType: string;
  readonly readyState: number;
  readonly url: string;
  addEventListener(type: 'open' | 'error', listener: () => void): void;
  addEventListener(type: 'message', listener: (event: { data: unknown }) => void): void;
  addEventListener(type: 'close', listener: (event: { code: number; reason: string }) => void): void;
  send(text: string): void;
  close(code?: number, reason?: string): void;
  /** Only `ws` can cut a connection; the others close it, and wait some seconds for an answer. */
  terminate?(): void;
}

/** How long a close handshake may take before the connection counts as gone. */
const GOODBYE_MS: Millis = 3_000;

/** The value of `readyState` while messages can be sent. */
const OPEN = 1;

/**
 * Dials with the given class, or the `WebSocket` that browsers and Node 22 have. That hides why a connection failed (no HTTP
 * status, no DNS or TLS error), so every failure before the handshake is of class `handshake`.
 *
 * @throws TypeError where there is none.
 * @see https://websockets.spec.whatwg.org/#feedback-from-the-protocol
 */
export function webSocketDial(clock: Clock, given?: WebSocketClass, token?: TokenSource): Dial {
  // Typed as always there, but older hosts have none.
  const host = given ?? (globalThis as { WebSocket?: WebSocketClass }).WebSocket;
  if (!host)
    throw new TypeError('this host has no WebSocket: hand one in as webSocket, such as that of the package ws');
  return (url, events) => new HostSocket(new host(url, protocolsOf(token)), clock, events);
}

/** As pages bring a token, which cannot set headers; the name beside it is the one that the gateway chooses. */
function protocolsOf(token: TokenSource | undefined): string[] | undefined {
  if (token === undefined) return undefined;
  return [`bearer.${checkedToken(typeof token === 'function' ? token() : token)}`, 'holdfast'];
}

/**
 * A token as the name of a subprotocol can hold it.
 *
 * @throws TypeError where it is none.
 * @see https://www.rfc-editor.org/rfc/rfc9110#name-tokens
 */
export function checkedToken(token: unknown): string {
  if (typeof token === 'string' && /^[\w!#$%&'*+.^`|~-]+$/.test(token)) return token;
  throw new TypeError('token: expected letters, digits and - . _ ~, as `holdfast token` makes it, or a JWT');
}

/**
 * A dial that throws (a browser does, where a page may not connect there) is an attempt that failed. Told later, as events of
 * sockets are.
 */
export function guardedDial(dial: Dial, clock: Clock): Dial {
  return (url, events) => {
    try {
      return dial(url, events);
    } catch (error) {
      clock.after(0, () => events.failed({ class: 'handshake', message: String(error) }));
      return { send: () => undefined, close: () => undefined, terminate: () => undefined };
    }
  };
}

class HostSocket implements Socket {
  private readonly encoder = new TextEncoder();
  private hasOpened = false;
  private hasEnded = false;
  private cancelGoodbye: Cancel | undefined;

  constructor(
    private readonly socket: WebSocketLike,
    private readonly clock: Clock,
    private readonly events: SocketEvents,
  ) {
    socket.binaryType = 'arraybuffer';
    socket.addEventListener('open', () => {
      this.hasOpened = true;
      events.opened({});
    });
    socket.addEventListener('message', ({ data }) => this.message(data));
    socket.addEventListener('close', ({ code, reason }) => this.end({ code, reason }));
    // Its cause is hidden from scripts. A close event follows, but not in Node 22 where there never was a connection.
    socket.addEventListener('error', () => {
      if (!this.hasOpened) this.end({ code: 1006, reason: '' });
    });
  }

  send(text: string): void {
    if (this.socket.readyState === OPEN) this.socket.send(text);
  }

  close(code: number, reason: string): void {
    this.socket.close(code, reason);
    // Node 22 sends no close event for a socket that was closed before it opened.
    if (!this.hasOpened) return this.end({ code: 1006, reason: 'closed before it opened' });
    if (this.hasEnded) return;
    this.cancelGoodbye = this.clock.after(GOODBYE_MS, () => {
      this.terminate();
      this.end({ code: 1006, reason: 'no answer to our close' });
    });
  }

  terminate(): void {
    if (this.socket.terminate) this.socket.terminate();
    else this.socket.close();
  }

  private message(data: unknown): void {
    if (typeof data === 'string') this.events.message(this.encoder.encode(data), false);
    else if (data instanceof ArrayBuffer) this.events.message(new Uint8Array(data), true);
  }

  private end(closing: Closing): void {
    if (this.hasEnded) return;
    this.hasEnded = true;
    this.cancelGoodbye?.();
    if (this.hasOpened) this.events.closed(closing);
    else this.events.failed({ class: 'handshake', message: `no WebSocket at ${this.socket.url}` });
  }
}
