import type { Clock, Millis } from '#libs/core';
import type { Duplex } from 'node:stream';
import type { RawData, WebSocket } from 'ws';
import type { Member, TimeUnit } from '../wire/channel.js';
import type { Channels } from '../wire/channels.js';
import { textFrame } from '../wire/frame.js';
import { Keepalive } from './keepalive.js';
import type { Limits } from './limits.js';
import type { Rule } from './records.js';
import { answer } from './requests.js';
import { RollingWindow } from './rolling-window.js';

/** How a connection ended. */
export interface Ending {
  at: Millis;
  /** Who ended it: the client, Binance's own rules, an incident, or the network. */
  by: 'client' | 'rule' | 'incident' | 'transport';
  code: number;
  reason: string;
}

/** What a connection needs from the house it lives in. */
export interface House {
  readonly clock: Clock;
  readonly limits: Limits;
  readonly channels: Channels;
  /** How long the next reply takes. */
  ackDelayMs(): Millis;
  violated(rule: Rule, detail: string, connection: SimConnection): void;
  /** Sees to it that what was written goes out with the end of this turn. */
  flushLater(socket: Duplex): void;
  /** Ends TCP with RST. */
  reset(socket: Duplex): void;
  ended(connection: SimConnection): void;
}

/** What is known about a connection when it opens. */
export interface Opening {
  id: number;
  ip: string;
  /** Path and query as the client wrote them. */
  url: string;
  isCombined: boolean;
  timeUnit: TimeUnit;
  streams: readonly string[];
}

const TOO_MANY = 'Too many requests';

/** One client connection: what it asked for, what it was sent, which rules it broke. */
export class SimConnection implements Member {
  readonly id: number;
  readonly ip: string;
  readonly url: string;
  readonly openedAt: Millis;
  readonly timeUnit: TimeUnit;
  /** What the client believes it is subscribed to: the answer to LIST_SUBSCRIPTIONS. */
  readonly subscriptions = new Set<string>();
  /** Client messages by kind. */
  readonly received = { requests: 0, pings: 0, pongs: 0 };
  /** The newest requests, as they came. */
  readonly requests: string[] = [];
  readonly sent = { frames: 0, bytes: 0 };
  isCombined: boolean;
  /** Data is held back; pings and replies go on. */
  isMuted = false;
  ending: Ending | undefined;
  readonly keepalive: Keepalive;
  private endedBy: Ending['by'] = 'client';
  private isSilent = false;
  private nextReplyAt: Millis = 0;
  private readonly messages = new RollingWindow(1_000);
  private readonly onFirstFrame: (() => void)[] = [];
  private stopLifetime: () => void;

  constructor(
    opening: Opening,
    readonly webSocket: WebSocket,
    readonly socket: Duplex,
    private readonly house: House,
  ) {
    ({ id: this.id, ip: this.ip, url: this.url, timeUnit: this.timeUnit, isCombined: this.isCombined } = opening);
    this.openedAt = house.clock.now();
    this.keepalive = new Keepalive(house.clock, house.limits, {
      ping: (payload) => this.webSocket.ping(payload),
      timeOut: () => this.breakRule('pong-timeout', 'no pong in time', 'Pong timeout'),
    });
    this.stopLifetime = house.clock.after(Math.min(house.limits.lifetimeMs, 2 ** 31 - 1), () =>
      this.close(1000, '', 'rule'),
    );
    this.listen();
    this.join(opening.streams);
  }

  get isOpen(): boolean {
    return this.ending === undefined;
  }

  deliver(frame: Buffer): void {
    if (this.isMuted) return;
    this.write(frame);
    for (const act of this.onFirstFrame.splice(0)) act();
  }

  /** Sends one text of its own: a reply, or something broken. */
  sendText(text: string): void {
    this.write(textFrame(text));
  }

  /** Calls `act` once, after the next data frame. */
  afterFrame(act: () => void): void {
    this.onFirstFrame.push(act);
  }

  /** Writes bytes as they are; for frames that no library would write. */
  write(bytes: Buffer, written?: () => void): void {
    if (!this.isOpen || this.isSilent || !this.socket.writable) return;
    this.house.flushLater(this.socket);
    this.socket.write(bytes, written);
    this.sent.frames += 1;
    this.sent.bytes += bytes.length;
    if (this.socket.writableLength > this.house.limits.unsentBytes) {
      this.house.violated('too-slow', `${this.socket.writableLength} bytes unsent`, this);
      this.end('rule', 1006, 'too slow');
      this.socket.destroy();
    }
  }

  /** Says nothing any more, pings and pongs included, while TCP stays up. Reading goes on unless told otherwise. */
  goSilent(reading: 'reads-on' | 'stops-reading'): void {
    this.isSilent = true;
    this.keepalive.stop();
    this.webSocket.removeAllListeners('close');
    this.socket.removeAllListeners('data');
    if (reading === 'stops-reading') this.socket.pause();
    else this.socket.on('data', () => undefined);
    this.socket.once('close', () => this.end('client', 1006, ''));
  }

  /** Says goodbye with a close frame, for 1005 one without a code; a silent connection says nothing, not even that. */
  close(code: number, reason: string, by: Ending['by']): void {
    if (!this.isOpen || this.isSilent) return;
    this.endedBy = by;
    if (code === 1005) this.webSocket.close();
    else this.webSocket.close(code, reason);
    this.end(by, code, reason);
  }

  /** Destroys TCP once `lastBytes` are out; what they announced never comes. */
  cut(lastBytes: Buffer, ending: 'fin' | 'reset' = 'fin'): void {
    if (!this.isOpen) return;
    this.write(lastBytes);
    this.socket.uncork();
    this.end('incident', 1006, '');
    if (ending === 'reset') this.house.reset(this.socket);
    else this.socket.end(() => this.socket.destroy());
  }

  /** Stops delivering a stream that the client goes on believing in. */
  forget(name: string): void {
    this.house.channels.leave(name, this);
  }

  private listen(): void {
    this.webSocket.on('message', (data, isBinary) => this.heardMessage(data, isBinary));
    this.webSocket.on('ping', (payload) => this.heardPing(payload));
    this.webSocket.on('pong', (payload) => this.heardPong(payload));
    this.webSocket.on('error', () => undefined); // a broken frame from the client; 'close' follows
    this.webSocket.on('close', (code, reason) =>
      this.end(code === 1006 ? 'transport' : this.endedBy, code, String(reason)),
    );
  }

  private heardMessage(data: RawData, isBinary: boolean): void {
    this.received.requests += 1;
    if (!this.isWithinRate()) return;
    const text = Buffer.isBuffer(data) ? data.toString() : '';
    if (this.requests.push(text) > 100) this.requests.shift();
    const bytes = Buffer.byteLength(text);
    const { requestBytes } = this.house.limits;
    if (bytes > requestBytes)
      return this.house.violated('request-size', `${bytes} bytes, at most ${requestBytes}`, this);
    const now = this.house.clock.now();
    this.nextReplyAt = Math.max(this.nextReplyAt, now + this.house.ackDelayMs());
    if (isBinary || !looksLikeRequest(text))
      return this.breakRule('request-shape', text.slice(0, 100), 'Invalid request');
    this.house.clock.after(this.nextReplyAt - now, () => this.reply(text));
  }

  private reply(text: string): void {
    if (!this.isOpen) return;
    const said = answer(text, {
      isCombined: this.isCombined,
      subscriptions: this.subscriptions,
      streamLimit: this.house.limits.streamsPerConnection,
    });
    if (!said) return this.breakRule('request-shape', text.slice(0, 100), 'Invalid request');
    if (said.tooMany) this.house.violated('streams-per-connection', `${this.subscriptions.size} and more`, this);
    this.sendText(said.text);
    this.isCombined = said.combined ?? this.isCombined;
    this.join(said.subscribe ?? []);
    for (const name of said.unsubscribe ?? []) {
      this.subscriptions.delete(name);
      this.house.channels.leave(name, this);
    }
  }

  private join(names: readonly string[]): void {
    for (const name of names) this.subscriptions.add(this.house.channels.join(name, this));
  }

  private heardPing(payload: Buffer): void {
    this.received.pings += 1;
    if (this.isWithinRate() && this.isOpen) this.webSocket.pong(payload);
  }

  private heardPong(payload: Buffer): void {
    this.received.pongs += 1;
    if (!this.isWithinRate() || this.keepalive.heardPong(String(payload)) || payload.length === 0) return;
    this.house.violated('pong-payload', `"${String(payload)}" answers no ping`, this);
  }

  /** Counts one client message; closes the connection when it is one too many. */
  private isWithinRate(): boolean {
    if (!this.isOpen) return false;
    const { messagesPerSecond } = this.house.limits;
    const count = this.messages.add(this.house.clock.now());
    if (count <= messagesPerSecond) return true;
    this.breakRule('messages-per-second', `${count} in a rolling second, at most ${messagesPerSecond}`, TOO_MANY);
    return false;
  }

  private breakRule(rule: Rule, detail: string, reason: string): void {
    this.house.violated(rule, detail, this);
    this.close(1008, reason, 'rule');
  }

  private end(by: Ending['by'], code: number, reason: string): void {
    if (this.ending) return;
    this.ending = { at: this.house.clock.now(), by, code, reason };
    this.keepalive.stop();
    this.stopLifetime();
    for (const name of this.subscriptions) this.house.channels.leave(name, this);
    this.house.ended(this);
  }
}

const looksLikeRequest = (text: string): boolean => answer(text, EMPTY) !== undefined;
const EMPTY = { isCombined: false, subscriptions: new Set<string>(), streamLimit: Number.MAX_SAFE_INTEGER };
