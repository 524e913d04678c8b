import type { Clock, Millis } from '#libs/core';
import type { Closing, Dial, Socket, SocketEvents } from '#libs/link';

/** How long a close handshake may take before the connection counts as gone. */
const GOODBYE_MS: Millis = 3_000;

/**
 * Dials with the `WebSocket` that browsers and Node 22 both have. It hides why a connection failed (no HTTP status, no
 * DNS or TLS error), so every failure before the handshake is of class `handshake`.
 *
 * @see https://websockets.spec.whatwg.org/#feedback-from-the-protocol
 */
export function webSocketDial(clock: Clock): Dial {
  return (url, events) => new HostSocket(new WebSocket(url), clock, events);
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

  constructor(
    private readonly socket: WebSocket,
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
    if (this.socket.readyState === WebSocket.OPEN) this.socket.send(text);
  }

  close(code: number, reason: string): void {
    this.socket.close(code, reason);
    // Node 22 sends no close event for a socket that was closed before it opened.
    if (!this.hasOpened) return this.end({ code: 1006, reason: 'closed before it opened' });
    this.clock.after(GOODBYE_MS, () => this.end({ code: 1006, reason: 'no answer to our close' }));
  }

  terminate(): void {
    this.socket.close();
  }

  private message(data: unknown): void {
    if (typeof data === 'string') this.events.message(this.encoder.encode(data), false);
    else if (data instanceof ArrayBuffer) this.events.message(new Uint8Array(data), true);
  }

  private end(closing: Closing): void {
    if (this.hasEnded) return;
    this.hasEnded = true;
    if (this.hasOpened) this.events.closed(closing);
    else this.events.failed({ class: 'handshake', message: `no WebSocket at ${this.socket.url}` });
  }
}
