import { WebSocket } from 'ws';
import { ParseOnce } from './parse-once.js';

/** A WebSocket client that only writes down what it sees; nothing of ours is in it. */
export class BareClient {
  /** Text messages as they came. */
  readonly texts: string[] = [];
  /** Binary messages as they came. */
  readonly binaries: Buffer[] = [];
  /** Payloads of the server's pings. */
  readonly pings: string[] = [];
  isOpen = false;
  /** How it ended. */
  closed: { code: number; reason: string } | undefined;
  /** The HTTP answer where the upgrade was refused. */
  refused: { status: number; headers: Record<string, string | string[] | undefined>; body: string } | undefined;
  /** Messages of errors that the library reported. */
  readonly errors: string[] = [];
  readonly socket: WebSocket;
  private readonly parsed = new ParseOnce<{ data: unknown }>();

  constructor(
    url: string,
    options: { autoPong?: boolean; rejectUnauthorized?: boolean; skipUTF8Validation?: boolean } = {},
  ) {
    this.socket = new WebSocket(url, options);
    this.socket.on('open', () => (this.isOpen = true));
    this.socket.on('message', (data, isBinary) => {
      if (!Buffer.isBuffer(data)) return;
      if (isBinary) this.binaries.push(data);
      else this.texts.push(data.toString());
    });
    this.socket.on('ping', (payload) => this.pings.push(payload.toString()));
    this.socket.on('error', (error) => this.errors.push(error.message));
    this.socket.on('close', (code, reason) => (this.closed = { code, reason: reason.toString() }));
    this.socket.on('unexpected-response', (_request, response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () => {
        const body = Buffer.concat(chunks).toString();
        this.refused = { status: response.statusCode ?? 0, headers: response.headers, body };
      });
    });
  }

  send(message: unknown): void {
    this.socket.send(typeof message === 'string' ? message : JSON.stringify(message));
  }

  /** The payloads that came in combined envelopes of this stream. */
  payloads<T = Record<string, unknown>>(stream: string): T[] {
    const head = `{"stream":${JSON.stringify(stream)},`;
    return this.texts.filter((text) => text.startsWith(head)).map((text) => this.parsed.of(text).data as T);
  }

  /** Replies to control messages: texts without a stream and without an event. */
  get replies(): string[] {
    return this.texts.filter((text) => text.startsWith('{"result"') || text.startsWith('{"error"'));
  }

  end(): void {
    this.socket.on('error', () => undefined);
    this.socket.terminate();
  }
}
