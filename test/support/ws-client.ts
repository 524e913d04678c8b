import { once } from 'node:events';
import type { IncomingHttpHeaders } from 'node:http';
import { type ClientOptions, WebSocket } from 'ws';
import { ParseOnce } from './parse-once.js';
import { until } from './until.js';

/** How a client asks to come in, beside the URL. */
interface Asking extends ClientOptions {
  protocols?: string[];
}

/** What a refused upgrade was answered with. */
interface Refused {
  status: number;
  headers: IncomingHttpHeaders;
  body: string;
}

/** A plain WebSocket client that keeps everything it was sent; what an edge says first of all, its limits, by itself. */
export class WsClient {
  readonly texts: string[] = [];
  readonly pings: string[] = [];
  limits: string | undefined;
  closed: { code: number; reason: string } | undefined;
  private readonly parsed = new ParseOnce();

  private constructor(readonly socket: WebSocket) {
    socket.on('message', (data: Buffer, isBinary) => {
      const text = isBinary ? '<binary>' : data.toString();
      if (text.startsWith('{"event":"limits"')) this.limits = text;
      else this.texts.push(text);
    });
    socket.on('ping', (payload) => this.pings.push(String(payload)));
    socket.on('close', (code, reason) => {
      this.closed = { code, reason: String(reason) };
    });
    socket.on('error', () => undefined);
  }

  /** Resolves when the connection is open. */
  static async open(url: string, { protocols = [], ...options }: Asking = {}): Promise<WsClient> {
    const client = new WsClient(new WebSocket(url, protocols, options));
    await once(client.socket, 'open');
    return client;
  }

  /** What a refused upgrade was answered with. */
  static async refused(url: string): Promise<{ status: number; body: string }> {
    const { status, body } = await WsClient.refusal(url);
    return { status, body };
  }

  /** The same, with the headers of the answer. */
  static refusal(url: string, { protocols = [], ...options }: Asking = {}): Promise<Refused> {
    return new Promise((resolve, reject) => {
      const socket = new WebSocket(url, protocols, options);
      socket.on('open', () => reject(new Error(`${url} was not refused`)));
      socket.on('error', () => undefined);
      socket.on('unexpected-response', (_request, response) => {
        let body = '';
        response.on('data', (chunk: Buffer) => (body += String(chunk)));
        const { statusCode: status = 0, headers } = response;
        response.on('end', () => resolve({ status, headers, body }));
      });
    });
  }

  send(message: unknown): void {
    this.socket.send(typeof message === 'string' ? message : JSON.stringify(message));
  }

  /** Everything that came, parsed. */
  get messages(): Record<string, unknown>[] {
    return this.texts.map((text) => this.parsed.of(text));
  }

  /** Waits until so many messages have come, and gives and forgets them. */
  async take(count: number): Promise<Record<string, unknown>[]> {
    await until(() => this.texts.length >= count, { what: `${count} messages, have ${this.texts.join('\n')}` });
    return this.texts.splice(0, count).map((text) => JSON.parse(text) as Record<string, unknown>);
  }

  /** Sends a message and gives the next one that comes. */
  async ask(message: unknown): Promise<Record<string, unknown>> {
    this.send(message);
    const [reply] = await this.take(1);
    return reply ?? {};
  }

  async close(): Promise<void> {
    if (this.closed) return;
    this.socket.close();
    await until(() => this.closed);
  }
}
