import type { Cancel, Clock, Millis, Random } from '#libs/core';
import type { IncomingMessage, Server } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { WebSocketServer } from 'ws';
import type { StreamChannels } from '../wire/channels.js';
import { readAddress, type Wish } from './address.js';
import { SimConnection, type House } from './connection.js';
import { cutShort } from './cuts.js';
import { Doorkeeper } from './doorkeeper.js';
import { Gate, type Moment, type GateStep, type SimRefusal } from './gate.js';
import type { Limits } from './rules/limits.js';
import { type UpgradeAttempt, Records, type Rule, type Violation } from './rules/records.js';
import { refuse } from './refusal.js';

/** What the front door needs. */
export interface FrontDoorOptions {
  clock: Clock;
  random: Random;
  limits: Limits;
  channels: StreamChannels;
  /** Bounds of how long a reply takes. */
  ackDelayMs: readonly [least: Millis, most: Millis];
}

/** Takes WebSocket upgrades: the rules first, then what an incident ordered, then a connection. */
export class FrontDoor implements House {
  readonly clock: Clock;
  readonly limits: Limits;
  readonly channels: StreamChannels;
  readonly gate: Gate;
  /** Those that have ended, the newest of them; a connection remembers much. */
  readonly gone = new Records<SimConnection>(250);
  readonly attempts = new Records<UpgradeAttempt>();
  readonly violations = new Records<Violation>();
  /** Those that have not ended, oldest first. */
  readonly open = new Set<SimConnection>();
  /** How many connections there ever were; the newest one's id. */
  accepted = 0;
  private readonly keeper: Doorkeeper;
  private readonly upgrades = new WebSocketServer({ noServer: true, maxPayload: 1_048_576, autoPong: false });
  private readonly held = new Map<Duplex, Cancel>();
  private readonly corked = new Set<Duplex>();
  private readonly sockets = new Set<Socket>();

  constructor(private readonly options: FrontDoorOptions) {
    ({ clock: this.clock, limits: this.limits, channels: this.channels } = options);
    this.gate = new Gate(this.clock);
    this.keeper = new Doorkeeper(this.clock, this.limits, (rule, detail) => this.note(rule, detail));
  }

  attach(server: Server): void {
    server.on('connection', (socket: Socket) => {
      this.sockets.add(socket);
      socket.once('close', () => this.sockets.delete(socket));
    });
    server.on('upgrade', (request, socket, head) => this.knock(request, socket, head));
  }

  /** Cuts everything: what is open, what is held, and what has said goodbye but not hung up. */
  closeAll(): void {
    for (const connection of this.open) connection.webSocket.terminate();
    for (const cancel of this.held.values()) cancel();
    this.held.clear();
    for (const socket of this.sockets) socket.destroy();
  }

  ackDelayMs(): Millis {
    const [least, most] = this.options.ackDelayMs;
    return least + this.options.random() * (most - least);
  }

  violated(rule: Rule, detail: string, connection: SimConnection): void {
    this.note(rule, detail, connection.id);
    if (rule === 'messages-per-second') this.keeper.closedForRate(connection.ip);
  }

  /** Notes a broken rule that belongs to no connection. */
  note(rule: Rule, detail: string, connection?: number): void {
    const at = this.clock.now();
    this.violations.add(connection === undefined ? { rule, at, detail } : { rule, at, connection, detail });
  }

  flushLater(socket: Duplex): void {
    if (this.corked.has(socket)) return;
    if (this.corked.size === 0) queueMicrotask(() => this.flush());
    this.corked.add(socket);
    socket.cork();
  }

  /** With TLS the socket at hand is not the one that can be reset; the one below it has the same peer. */
  reset(socket: Duplex): void {
    const peer = 'remotePort' in socket ? socket.remotePort : undefined;
    const tcp = [...this.sockets].find(({ remotePort }) => remotePort === peer);
    tcp?.resetAndDestroy();
    socket.destroy();
  }

  ended(connection: SimConnection): void {
    this.open.delete(connection);
    this.gone.add(connection);
  }

  private flush(): void {
    const sockets = [...this.corked];
    this.corked.clear();
    for (const socket of sockets) socket.uncork();
  }

  private knock(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    socket.on('error', () => undefined); // a reset while we answer; 'close' follows
    const url = request.url ?? '/';
    const ip = request.socket.remoteAddress ?? 'unknown';
    const attempt: UpgradeAttempt = { at: this.clock.now(), ip, url: headOf(url), outcome: 'refused' };
    this.attempts.add(attempt);
    const wish = readAddress(url);
    const refusal = this.keeper.admit(ip, url) ?? (wish.ok ? this.tooManyStreams(wish.value) : undefined);
    if (refusal) {
      Object.assign(attempt, { status: refusal.status, by: 'limit' });
      return refuse(socket, refusal);
    }
    if (!wish.ok) {
      Object.assign(attempt, { status: wish.problem.status, by: 'path' });
      return refuse(socket, wish.problem);
    }
    this.follow(this.gate.next(), attempt, () => this.upgrade(request, socket, head, wish.value, attempt), socket);
  }

  private tooManyStreams(wish: Wish): SimRefusal | undefined {
    const count = new Set(wish.streams).size;
    if (count <= this.limits.streamsPerConnection) return undefined;
    this.note('streams-per-connection', `${count} in the URL, at most ${this.limits.streamsPerConnection}`);
    return { status: 400 };
  }

  private follow(
    step: GateStep,
    attempt: UpgradeAttempt,
    accept: () => Promise<SimConnection | undefined>,
    socket: Duplex,
  ): void {
    if (step === 'accept') return void accept();
    if ('refuse' in step) {
      Object.assign(attempt, { status: step.refuse.status, by: 'incident' });
      return refuse(socket, step.refuse);
    }
    if ('reset' in step) {
      Object.assign(attempt, { outcome: 'reset', by: 'incident' });
      this.reset(socket);
      return;
    }
    if ('slow' in step) return this.hold(step.slow, attempt, accept, socket);
    void accept().then((connection) => connection && this.disturb(connection, step));
  }

  private hold(forMs: Millis | 'never', attempt: UpgradeAttempt, accept: () => Promise<unknown>, socket: Duplex): void {
    attempt.outcome = 'held';
    const release = (): void => {
      this.held.delete(socket);
      void accept();
    };
    this.held.set(socket, forMs === 'never' ? () => undefined : this.clock.after(forMs, release));
    socket.once('close', () => {
      this.held.get(socket)?.();
      this.held.delete(socket);
    });
  }

  private disturb(
    connection: SimConnection,
    step: Exclude<GateStep, 'accept' | { refuse: unknown } | { reset: true } | { slow: unknown }>,
  ): void {
    if ('silent' in step) return connection.goSilent('reads-on');
    if ('stall' in step) {
      connection.isMuted = true;
      return;
    }
    const act = (): void =>
      'close' in step
        ? connection.close(step.close.code, step.close.reason ?? '', 'incident')
        : cutShort(connection, step.cut);
    when(connection, step.when ?? 'open', act);
  }

  private upgrade(
    request: IncomingMessage,
    socket: Duplex,
    head: Buffer,
    wish: Wish,
    attempt: UpgradeAttempt,
  ): Promise<SimConnection | undefined> {
    return new Promise((resolve) => {
      socket.once('close', () => resolve(undefined));
      this.upgrades.handleUpgrade(request, socket, head, (webSocket) => {
        const id = (this.accepted += 1);
        const opening = { id, ip: attempt.ip, url: attempt.url, ...wish };
        const connection = new SimConnection(opening, webSocket, socket, this);
        this.open.add(connection);
        Object.assign(attempt, { outcome: 'accepted', connection: id });
        resolve(connection);
      });
    });
  }
}

/** The beginning of a URL as a text of its own: a mere slice would keep the whole URL in memory. */
const headOf = (url: string): string => Buffer.from(url.slice(0, 300)).toString();

function when(connection: SimConnection, moment: Moment, act: () => void): void {
  if (moment === 'first-frame') connection.afterFrame(act);
  else act();
}
