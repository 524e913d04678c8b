import { type MarketLimits, type RateLimit, decodeRequest, encodeAcknowledgement } from '#libs/binance';
import type { Millis, StreamName } from '#libs/core';
import type { Dial, SocketEvents } from '#libs/link';
import type { FakeClock } from '../fake-clock.js';

/** How those who dial are received. */
export type Welcome =
  { how: 'open' } | { how: 'reset' } | { how: 'hang' } | { how: 'refuse'; status: number; retryAfterMs?: Millis };

/** What the network takes, one way. */
const WAY_MS = 20;

/** What a dialler waits for an answer to its upgrade. */
const PATIENCE_MS = 10_000;

/** Who closes is answered within so long. */
const CLOSE_MS = 1_000;

/** One connection to the paper exchange, as the exchange has it. */
export class PaperConnection {
  readonly subscribed = new Set<StreamName>();
  isOpen = false;
  /** Nothing comes through any more, and nobody says so. */
  isMute = false;
  /** Whoever dialled has hung up: what still arrives is read by nobody. */
  isGivenUp = false;
  /** By how much later than usual everything arrives. */
  lagMs: Millis = 0;
  private isOver = false;
  private readonly sentAt: Millis[] = [];

  constructor(
    readonly at: number,
    private readonly exchange: PaperExchange,
    readonly events: SocketEvents,
    streams: readonly StreamName[],
  ) {
    for (const stream of streams) this.subscribed.add(stream);
  }

  /** A message of the client's has arrived: a request, or the pong to a ping. */
  receive(text: string | undefined): void {
    if (!this.isOpen || this.isMute) return;
    this.count();
    if (text === undefined) return;
    const request = decodeRequest(text);
    if (!request.ok) return this.exchange.fault(`connection ${this.at} was sent ${text}`);
    const { method, id } = request.value;
    if (this.exchange.answers === 'never') return;
    if (method === 'SUBSCRIBE') for (const name of request.value.params) this.subscribed.add(name);
    if (method === 'UNSUBSCRIBE') for (const name of request.value.params) this.subscribed.delete(name);
    this.deliver(encodeAcknowledgement(id, method === 'LIST_SUBSCRIPTIONS' ? [...this.subscribed] : null));
  }

  /** Sends a text, which arrives if nothing happens to the connection on its way. */
  deliver(text: string | Buffer, arrived: () => void = () => undefined): void {
    this.later(() => {
      arrived();
      this.events.message(Buffer.from(text), false);
    });
  }

  ping(): void {
    this.later(() => {
      this.events.heartbeat('ping');
      this.receive(undefined);
    });
  }

  open(): void {
    if (this.isOver) return;
    this.isOpen = true;
    this.events.opened({});
  }

  /** It is over, once: whoever says so first. */
  end(say: (events: SocketEvents) => void): void {
    if (this.isOver) return;
    this.isOver = true;
    this.isOpen = false;
    say(this.events);
  }

  private later(act: () => void): void {
    this.exchange.clock.after(WAY_MS + this.lagMs, () => {
      if (this.isOpen && !this.isMute) act();
    });
  }

  private count(): void {
    const { clock, limits } = this.exchange;
    this.sentAt.push(clock.now());
    if (isBroken(limits.messages, this.sentAt))
      this.exchange.fault(`connection ${this.at}: too many messages a second`);
  }
}

/**
 * Binance on paper: without a socket, on a clock that the test moves. It trades, sends each trade to every connection that has the
 * stream, and writes down which limits were broken and what came to be read.
 */
export class PaperExchange {
  readonly faults: string[] = [];
  readonly connections: PaperConnection[] = [];
  /** The newest trade's id, by stream. */
  readonly newest = new Map<StreamName, number>();
  welcome: Welcome = { how: 'open' };
  answers: 'soon' | 'never' = 'soon';
  private readonly readers = new Map<
    PaperConnection,
    { dialler: unknown; read: (stream: StreamName, id: number) => void }
  >();
  private readonly attempts: Millis[] = [];
  /** Nobody may dial, once the word has had its way to those who were told. */
  private closed: { from: Millis; until: Millis } = { from: 0, until: 0 };
  private pingAt: Millis = 0;

  constructor(
    readonly clock: FakeClock,
    readonly limits: MarketLimits,
  ) {}

  /** Those that are open, with or without anything coming through. */
  get open(): PaperConnection[] {
    return this.connections.filter(({ isOpen }) => isOpen);
  }

  /** Connects somebody; `read` hears of each trade that reaches it. */
  dialFor(dialler: unknown, read: (stream: StreamName, id: number) => void): Dial {
    return (url, events) => {
      this.attempt();
      const streams = new URL(url).searchParams.get('streams')?.split('/') ?? [];
      const connection = new PaperConnection(this.connections.length, this, events, streams);
      this.connections.push(connection);
      this.readers.set(connection, { dialler, read });
      this.clock.after(WAY_MS, () => this.receive(connection));
      const leave = (code: number, reason: string): void => connection.end((events) => events.closed({ code, reason }));
      return {
        send: (text) => void this.clock.after(WAY_MS, () => connection.receive(text)),
        close: (code, reason) => {
          connection.isGivenUp = true;
          const answered = !connection.isMute;
          this.clock.after(answered ? WAY_MS : CLOSE_MS, () => leave(answered ? code : 1006, answered ? reason : ''));
        },
        terminate: () => {
          connection.isGivenUp = true;
          this.clock.after(0, () => leave(1006, ''));
        },
      };
    };
  }

  /** A trade happens; `isKept` from the connections that say so. */
  trade(stream: StreamName, isKeptFrom: (connection: PaperConnection) => boolean): void {
    const id = (this.newest.get(stream) ?? 1_000) + 1;
    this.newest.set(stream, id);
    const symbol = stream.slice(0, stream.indexOf('@')).toUpperCase();
    const at = this.clock.now();
    const data = { e: 'trade', E: at, s: symbol, t: id, p: '1.00', q: '2.00', T: at, m: false, M: true };
    const text = JSON.stringify({ stream, data });
    for (const connection of this.open) {
      if (!connection.subscribed.has(stream) || isKeptFrom(connection)) continue;
      connection.deliver(text, () => {
        if (!connection.isGivenUp) this.readers.get(connection)?.read(stream, id);
      });
    }
  }

  /** Somebody is dead: its connections are gone, and nobody hears of it. */
  leave(dialler: unknown): void {
    for (const [connection, reader] of this.readers) if (reader.dialler === dialler) connection.end(() => undefined);
  }

  /** To be called as time passes. */
  tick(): void {
    if (this.clock.now() < this.pingAt) return;
    this.pingAt = this.clock.now() + 20_000;
    for (const connection of this.open) connection.ping();
  }

  fault(what: string): void {
    this.faults.push(what);
  }

  private attempt(): void {
    const now = this.clock.now();
    const { from, until } = this.closed;
    if (now >= from && now < until) this.fault(`dialled ${until - now} ms before Binance allowed it`);
    this.attempts.push(now);
    if (isBroken(this.limits.attempts, this.attempts)) this.fault('too many attempts');
  }

  private receive(connection: PaperConnection): void {
    const { welcome } = this;
    switch (welcome.how) {
      case 'open':
        return connection.open();
      case 'reset':
        return connection.end((events) => events.failed({ class: 'reset', message: 'connection reset' }));
      case 'hang':
        return void this.clock.after(PATIENCE_MS, () =>
          connection.end((events) => events.failed({ class: 'timeout', message: 'no answer' })),
        );
      case 'refuse': {
        const { status, retryAfterMs } = welcome;
        const now = this.clock.now();
        // Who has gone or hung up meanwhile cannot tell the others.
        return connection.end((events) => {
          if (retryAfterMs !== undefined && !connection.isGivenUp)
            this.closed = { from: now + WAY_MS, until: now + retryAfterMs };
          events.refused({ status, ...(retryAfterMs !== undefined && { retryAfterMs }) });
        });
      }
    }
  }
}

/** Whether the newest of these is one too many. */
function isBroken({ most, windowMs }: RateLimit, at: readonly Millis[]): boolean {
  const newest = at.at(-1) ?? 0;
  return at.filter((each) => newest - each < windowMs).length > most;
}
