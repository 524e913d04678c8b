import type { IncomingMessage } from 'node:http';
import type { Socket as TcpSocket } from 'node:net';
import { type ClientOptions, type RawData, WebSocket } from 'ws';
import { LARGEST_FRAME } from '#libs/binance';
import { type Clock, type Millis, stamp } from '#libs/core';
import type { Dial, SocketFailure, Socket, SocketEvents } from '#libs/link';
import { classify, readRetryAfter } from './failure.js';

export interface WsOptions {
  /** From the first packet to the end of the WebSocket handshake. */
  connectTimeoutMs: Millis;
}

/** A larger message breaks the protocol (1009). Well above what `decodeFrame` reads, so that it costs only that frame. */
const MOST_MESSAGE_BYTES = 4 * LARGEST_FRAME;

/** How long the peer may take to answer our close before the connection is dropped. */
const CLOSE_TIMEOUT_MS: Millis = 1_000;

/** How many of the bytes read last are shown when they broke the protocol. */
const SHOWN_BYTES = 512;

/**
 * Opens sockets with the `ws` package; no other file knows it. A message's UTF-8 is not checked here, because `ws` would
 * close the whole connection for one bad text; `libs/binance` checks each message. Compression is not offered: it costs
 * CPU and the peer sends plain text without it. Pings are answered by `ws`, once.
 */
export const wsDial =
  (clock: Clock, { connectTimeoutMs }: WsOptions): Dial =>
  (url, events) => {
    // The package's types do not know `closeTimeout` yet; its documentation does.
    const options: ClientOptions & { closeTimeout: Millis } = {
      perMessageDeflate: false,
      skipUTF8Validation: true,
      autoPong: true,
      maxPayload: MOST_MESSAGE_BYTES,
      handshakeTimeout: connectTimeoutMs,
      closeTimeout: CLOSE_TIMEOUT_MS,
      followRedirects: false,
    };
    return new WsSocket(new WebSocket(url, options), clock, events);
  };

class WsSocket implements Socket {
  private wasOpen = false;
  private isOver = false;
  private failure: SocketFailure | undefined;
  private lastRead: [older: Buffer, newer: Buffer] = [Buffer.alloc(0), Buffer.alloc(0)];

  constructor(
    private readonly ws: WebSocket,
    private readonly clock: Clock,
    private readonly events: SocketEvents,
  ) {
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

  send(text: string): void {
    if (this.ws.readyState === WebSocket.OPEN) this.ws.send(text);
  }

  close(code: number, reason: string): void {
    this.ws.close(code, reason);
  }

  terminate(): void {
    this.ws.terminate();
  }

  private opened(socket: TcpSocket | undefined): void {
    this.wasOpen = true;
    if (socket) this.keepLastRead(socket);
    const to = new URL(this.ws.url).host;
    const port = socket?.localPort;
    this.events.opened(port === undefined ? { to } : { from: `${socket?.localAddress}:${port}`, to });
  }

  private refused(response: IncomingMessage): void {
    const status = response.statusCode ?? 0;
    const retryAfterMs = readRetryAfter(response.headers['retry-after'], stamp(this.clock));
    this.finish(() => this.events.refused({ status, ...(retryAfterMs !== undefined && { retryAfterMs }) }));
    response.resume();
    this.ws.terminate();
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
