import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type WebSocket, WebSocketServer } from 'ws';

interface MoonConnection {
  socket: WebSocket;
  route: string;
  streams: Set<string>;
}

type Request = { method: string; params?: string[]; id: number };

/** The exchange of the invented market: strict about its own limits and routes, silent about everything else. */
export class MoonExchange {
  readonly connections = new Set<MoonConnection>();
  /** Names that it refuses, in a URL and in a SUBSCRIBE. */
  readonly refuses = new Set<string>();
  /** Names that it acknowledges and never lists. */
  readonly hides = new Set<string>();
  /** Whether it leaves requests unanswered. */
  isDeaf = false;
  /** Requests that came, on all connections. */
  requests = 0;
  /** Rules of the market that were broken. */
  readonly violations: string[] = [];
  private readonly http = createServer();
  private readonly sockets = new WebSocketServer({ noServer: true });
  private readonly lastIds = new Map<string, number>();

  static async start(): Promise<MoonExchange> {
    const exchange = new MoonExchange();
    exchange.http.on('upgrade', (request, tcp, head) => {
      const named = decodeURIComponent(request.url ?? '');
      if ([...exchange.refuses].some((name) => named.includes(name))) {
        tcp.end('HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Length: 0\r\n\r\n');
        return;
      }
      exchange.sockets.handleUpgrade(request, tcp, head, (socket) => exchange.opened(socket, request.url ?? ''));
    });
    exchange.http.listen(0, '127.0.0.1');
    await once(exchange.http, 'listening');
    return exchange;
  }

  get wsUrl(): string {
    return `ws://127.0.0.1:${(this.http.address() as AddressInfo).port}`;
  }

  /** The next fill of a symbol, on every connection that has the stream. Returns its text. */
  fill(symbol: string): string {
    const t = this.nextId(`${symbol}@trade`, 1);
    return this.send(`${symbol}@trade`, {
      e: 'fill',
      E: 1_700_000_000_000 + t,
      s: symbol.toUpperCase(),
      t,
      p: '1.50',
      q: '2.00',
      m: false,
    });
  }

  /** The next diff: ids jump, and it names the one before. A lost one is numbered and not sent. */
  diff(symbol: string, isLost = false): string {
    const stream = `${symbol}@depth`;
    const pu = this.lastIds.get(stream) ?? 1_000;
    const u = this.nextId(stream, 17);
    const data = {
      e: 'depthUpdate',
      E: 1_700_000_000_000 + u,
      s: symbol.toUpperCase(),
      U: u - 5,
      u,
      pu,
      b: [['1.00', '3.00']],
      a: [],
    };
    return isLost ? '' : this.send(stream, data);
  }

  mark(symbol: string): string {
    const t = 1_700_000_000_000 + this.nextId(`${symbol}@mark`, 1_000);
    return this.send(`${symbol}@mark`, { e: 'mark', s: symbol.toUpperCase(), r: '1.25', t });
  }

  /** Drops every connection, as a network does. */
  drop(): void {
    for (const { socket } of this.connections) socket.terminate();
  }

  async stop(): Promise<void> {
    this.drop();
    this.http.closeAllConnections();
    this.http.close();
    await once(this.http, 'close');
  }

  private nextId(stream: string, step: number): number {
    const id = (this.lastIds.get(stream) ?? 1_000) + step;
    this.lastIds.set(stream, id);
    return id;
  }

  private send(stream: string, data: object): string {
    const payload = JSON.stringify(data);
    for (const { socket, streams } of this.connections) {
      if (streams.has(stream)) socket.send(`{"stream":"${stream}","data":${payload}}`);
    }
    return payload;
  }

  private opened(socket: WebSocket, url: string): void {
    const { pathname, searchParams } = new URL(url, this.wsUrl);
    if (url.length > 120) this.violations.push(`a URL of ${url.length}`);
    const route = pathname.replace(/\/stream$/, '');
    const named = searchParams.get('streams')?.split('/') ?? [];
    const connection: MoonConnection = { socket, route, streams: new Set() };
    this.connections.add(connection);
    this.add(connection, named);
    socket.on('message', (bytes: Buffer) => this.asked(connection, bytes));
    socket.on('close', () => this.connections.delete(connection));
  }

  private asked(connection: MoonConnection, bytes: Buffer): void {
    if (bytes.length > 120) this.violations.push(`a request of ${bytes.length} bytes`);
    const { method, params = [], id } = JSON.parse(bytes.toString()) as Request;
    this.requests += 1;
    if (this.isDeaf) return;
    if (method === 'SUBSCRIBE' && params.some((name) => this.refuses.has(name))) {
      connection.socket.send(JSON.stringify({ error: { code: 2, msg: 'Invalid request: invalid stream' }, id }));
      return;
    }
    if (method === 'SUBSCRIBE') this.add(connection, params);
    if (method === 'UNSUBSCRIBE') for (const stream of params) connection.streams.delete(stream);
    const listed = [...connection.streams].filter((name) => !this.hides.has(name));
    const result = method === 'LIST_SUBSCRIPTIONS' ? listed : null;
    connection.socket.send(JSON.stringify({ result, id }));
  }

  private add({ route, streams }: MoonConnection, names: readonly string[]): void {
    for (const name of names) {
      if ((name.endsWith('@depth') ? '/public' : '/market') !== route) this.violations.push(`${name} under ${route}`);
      streams.add(name);
    }
    if (streams.size > 3) this.violations.push(`${streams.size} streams on one connection`);
  }
}
