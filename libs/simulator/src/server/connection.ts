import type { Clock, Millis } from '#libs/core';
import type { Duplex } from 'node:stream';
import type { WebSocket } from 'ws';
import type { Member, TimeUnit } from '../wire/channel.js';
import type { StreamChannels } from '../wire/channels.js';
import { textFrame } from '../wire/frame.js';
import { type Breach, ClientRules } from './rules/client-rules.js';
import { Keepalive } from './rules/keepalive.js';
import type { Limits } from './rules/limits.js';
import type { Rule } from './rules/records.js';
import { answer } from './rules/requests.js';

/** How a connection ended. */
export interface SimEnding {
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
  readonly channels: StreamChannels;
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

/** One client connection: what it asked for, what it was sent, how it ended. */
export class SimConnection implements Member {
  readonly id: number;
  readonly ip: string;
  readonly url: string;
  readonly openedAt: Millis;
  readonly timeUnit: TimeUnit;
  /** What the client believes it is subscribed to: the answer to LIST_SUBSCRIPTIONS. */
  readonly subscriptions = new Set<string>();
  /** Client messages by kind, and the newest requests as they came. */
  readonly received: ClientRules['received'];
  readonly requests: readonly string[];
  readonly sent = { frames: 0, bytes: 0 };
  isCombined: boolean;
  /** Data is held back; pings and replies go on. */
  isMuted = false;
  /** What comes is not read any more, so that it may never be seen that the client has left. */
  isBlind = false;
  ending: SimEnding | undefined;
  readonly keepalive: Keepalive;
  private endedBy: SimEnding['by'] = 'client';
  private isSilent = false;
  private nextReplyAt: Millis = 0;
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
    const rules = new ClientRules(house.limits);
    ({ received: this.received, requests: this.requests } = rules);
    this.keepalive = new Keepalive(house.clock, house.limits, {
      ping: (payload) => this.webSocket.ping(payload),
      timeOut: () => this.punish({ rule: 'pong-timeout', detail: 'no pong in time', closesWith: 'Pong timeout' }),
    });
    this.stopLifetime = house.clock.after(Math.min(house.limits.lifetimeMs, 2 ** 31 - 1), () =>
      this.close(1000, '', 'rule'),
    );
    this.listen(rules);
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
    this.isBlind = reading === 'stops-reading';
    if (this.isBlind) this.socket.pause();
    else this.socket.on('data', () => undefined);
    this.socket.once('close', () => this.end('client', 1006, ''));
  }

  /** Says goodbye with a close frame, for 1005 one without a code; a silent connection says nothing, not even that. */
  close(code: number, reason: string, by: SimEnding['by']): void {
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

  private listen(rules: ClientRules): void {
    const { clock } = this.house;
    this.webSocket.on('message', (data, isBinary) => {
      const text = Buffer.isBuffer(data) ? data.toString() : '';
      this.heed(
        () => rules.request(text, isBinary, clock.now()),
        () => this.replyLater(text),
      );
    });
    this.webSocket.on('ping', (payload) =>
      this.heed(
        () => rules.ping(clock.now()),
        () => this.webSocket.pong(payload),
      ),
    );
    const answersPing = (payload: string): boolean => this.keepalive.heardPong(payload);
    this.webSocket.on('pong', (payload) => this.heed(() => rules.pong(String(payload), clock.now(), answersPing)));
    this.webSocket.on('error', () => undefined); // a broken frame from the client; 'close' follows
    this.webSocket.on('close', (code, reason) =>
      this.end(code === 1006 ? 'transport' : this.endedBy, code, String(reason)),
    );
  }

  /** Does what a message asks for, unless it broke a rule; nothing counts any more once the connection has ended. */
  private heed(judge: () => Breach | undefined, act?: () => void): void {
    if (!this.isOpen) return;
    const breach = judge();
    if (breach) this.punish(breach);
    else act?.();
  }

  /** Replies come in order, each after Binance's own delay. */
  private replyLater(text: string): void {
    const now = this.house.clock.now();
    this.nextReplyAt = Math.max(this.nextReplyAt, now + this.house.ackDelayMs());
    this.house.clock.after(this.nextReplyAt - now, () => this.reply(text));
  }

  private reply(text: string): void {
    if (!this.isOpen) return;
    const said = answer(text, {
      isCombined: this.isCombined,
      subscriptions: this.subscriptions,
      streamLimit: this.house.limits.streamsPerConnection,
    });
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

  private punish({ rule, detail, closesWith }: Breach): void {
    this.house.violated(rule, detail, this);
    if (closesWith !== undefined) this.close(1008, closesWith, 'rule');
  }

  private end(by: SimEnding['by'], code: number, reason: string): void {
    if (this.ending) return;
    this.ending = { at: this.house.clock.now(), by, code, reason };
    this.keepalive.stop();
    this.stopLifetime();
    for (const name of this.subscriptions) this.house.channels.leave(name, this);
    this.house.ended(this);
  }
}
