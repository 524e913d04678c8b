import type { IncomingMessage } from 'node:http';
import type { Socket as TcpSocket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { ConnectionOptions } from 'node:tls';
import { type ClientOptions, type RawData, WebSocket } from 'ws';
import { LARGEST_FRAME } from '#libs/binance';
import { type Cancel, type Clock, type Millis, stamp } from '#libs/core';
import type { Dial, SocketFailure, Socket, SocketEvents } from '#libs/link';
import { type Lookup, readRetryAfter } from '#libs/rest';
import { Dialing } from '../dial/dialing.js';
import { classify } from './failure.js';

export interface WsOptions {
  /** From the look-up of the name to the end of the WebSocket handshake, all of it together. */
  connectTimeoutMs: Millis;
  /** The proxy through which a URL is reached, if any. */
  proxyFor?: (url: URL) => URL | undefined;
  /** Other than the system's, for tests. */
  lookup?: Lookup;
}

/** A larger message breaks the protocol (1009). Well above what `decodeFrame` reads, so that it costs only that frame. */
const MOST_MESSAGE_BYTES = 4 * LARGEST_FRAME;

/** How long the peer may take to answer our close before the connection is dropped. */
const CLOSE_TIMEOUT_MS: Millis = 1_000;

/** All headers of the answer to the upgrade together; Binance's have less than one. */
const MOST_HEADER_BYTES = 16_384;

/** How many of the bytes read last are shown when they broke the protocol. */
const SHOWN_BYTES = 512;

/** What Node's http module calls to get a connection; the package's types know only the form that returns it at once. */
type CreateConnection = (
  options: Omit<ConnectionOptions, 'host' | 'port'> & { host: string; port: number | string },
  done: Connected,
) => void;
type Connected = (error: Error | null, socket?: Duplex) => void;

/** Every choice that `ws` and Node would make for us is made here: see `ws-socket.why.md`. */
const CHOICES: ClientOptions & { closeTimeout: Millis; maxHeaderSize: number } = {
  perMessageDeflate: false,
  skipUTF8Validation: true,
  autoPong: true,
  maxPayload: MOST_MESSAGE_BYTES,
  maxHeaderSize: MOST_HEADER_BYTES,
  // The package's types do not know `closeTimeout` yet; its documentation does.
  closeTimeout: CLOSE_TIMEOUT_MS,
  followRedirects: false,
};

/**
 * Opens sockets with the `ws` package; no other file knows it. A message's UTF-8 is not checked here, because `ws` would
 * close the whole connection for one bad text; `libs/binance` checks each message.
 */
export const wsDial =
  (clock: Clock, { connectTimeoutMs, proxyFor, lookup }: WsOptions): Dial =>
  (url, events) => {
    const given = new AbortController();
    const to = new URL(url);
    const dialing = new Dialing({ clock, signal: given.signal, ...(lookup && { lookup }) }, proxyFor?.(to));
    const isSecure = to.protocol === 'wss:';
    const createConnection: CreateConnection = ({ host, port, ...tls }, done) =>
      void handOver(dialing.connect({ host, port: Number(port) }, isSecure ? tls : undefined), done);
    const ws = new WebSocket(url, { ...CHOICES, createConnection: createConnection as never });
    const socket = new WsSocket({ ws, dialing, giveUp: () => given.abort() }, clock, events);
    socket.expireAfter(connectTimeoutMs);
    return socket;
  };

async function handOver(connecting: Promise<Duplex>, done: Connected): Promise<void> {
  let socket: Duplex;
  try {
    socket = await connecting;
  } catch (error) {
    return done(error as Error);
  }
  done(null, socket);
}

/** One attempt, from its beginning on. */
interface SocketParts {
  ws: WebSocket;
  dialing: Dialing;
  /** Ends what is still under way below the WebSocket. */
  giveUp: () => void;
}

class WsSocket implements Socket {
  private wasOpen = false;
  private isOver = false;
  private failure: SocketFailure | undefined;
  private cancelTimeout: Cancel | undefined;
  private lastRead: [older: Buffer, newer: Buffer] = [Buffer.alloc(0), Buffer.alloc(0)];

  constructor(
    private readonly attempt: SocketParts,
    private readonly clock: Clock,
    private readonly events: SocketEvents,
  ) {
    const { ws } = attempt;
    let socket: TcpSocket | undefined;
    ws.on('upgrade', (response) => ({ socket } = response));
    ws.on('open', () => this.opened(socket));
    // Buffers, as `binaryType` is left alone; handed on as it is, since nothing is to be done with it here.
    ws.on('message', events.message as (data: RawData, isBinary: boolean) => void);
    ws.on('ping', () => events.heartbeat('ping'));
    ws.on('pong', () => events.heartbeat('pong'));
    ws.on('unexpected-response', (_, response) => this.refused(response));
    ws.on('error', (error) => this.broke(error));
    ws.on('close', (code, reason) => this.closed(code, reason.toString()));
  }

  /** The attempt is over when it has not opened by then, however far it has come. */
  expireAfter(ms: Millis): void {
    const { dialing, ws } = this.attempt;
    this.cancelTimeout = this.clock.after(ms, () => {
      const message = `not open after ${ms} ms: ${dialing.stage}`;
      this.finish(() => this.events.failed({ class: 'timeout', message }));
      ws.terminate();
    });
  }

  send(text: string): void {
    if (this.attempt.ws.readyState === WebSocket.OPEN) this.attempt.ws.send(text);
  }

  close(code: number, reason: string): void {
    this.attempt.ws.close(code, reason);
  }

  terminate(): void {
    this.attempt.ws.terminate();
  }

  private opened(socket: TcpSocket | undefined): void {
    this.wasOpen = true;
    this.cancelTimeout?.();
    if (socket) this.keepLastRead(socket);
    const { ws, dialing } = this.attempt;
    const { host } = new URL(ws.url);
    const to = dialing.proxy ? `${host} through ${dialing.proxy.host}` : host;
    const port = socket?.localPort;
    this.events.opened(port === undefined ? { to } : { from: `${socket?.localAddress}:${port}`, to });
  }

  private refused(response: IncomingMessage): void {
    const status = response.statusCode ?? 0;
    const retryAfterMs = readRetryAfter(response.headers['retry-after'], stamp(this.clock));
    this.finish(() => this.events.refused({ status, ...(retryAfterMs !== undefined && { retryAfterMs }) }));
    response.resume();
    this.attempt.ws.terminate();
  }

  /** `ws` always follows an error with `close`; the error says why, so it is kept until then. */
  private broke(error: Error): void {
    const failureClass = classify(error, this.wasOpen);
    const bytes = failureClass === 'protocol' ? this.tail() : undefined;
    this.failure ??= { class: failureClass, message: error.message, ...(bytes && { bytes }) };
  }

  private closed(code: number, reason: string): void {
    const { failure } = this;
    this.finish(() => (failure ? this.events.failed(failure) : this.events.closed({ code, reason })));
  }

  private finish(tell: () => void): void {
    if (this.isOver) return;
    this.isOver = true;
    this.cancelTimeout?.();
    this.attempt.giveUp();
    tell();
  }

  /**
   * References to the two newest chunks, no copies: enough to show what broke the protocol. Not before `open`: a listener
   * that is there before the package's own swallows what came in one packet with the handshake. But ahead of the
   * package's own, so that the chunk is kept before it is judged.
   */
  private keepLastRead(socket: TcpSocket): void {
    socket.prependListener('data', (chunk: Buffer) => {
      this.lastRead = [this.lastRead[1], chunk];
    });
  }

  private tail(): Buffer {
    return Buffer.concat(this.lastRead).subarray(-SHOWN_BYTES);
  }
}
