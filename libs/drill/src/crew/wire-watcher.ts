import { WebSocket } from 'ws';
import type { StreamName } from '#libs/core';
import { Ledger } from '../audit/ledger.js';
import { StrictCheck } from '../audit/strict/strict-check.js';
import type { Onlooker, Watcher } from './watcher.js';

/**
 * A client written for Binance: the package `ws` and nothing of ours, so that what it sees is what such a program sees.
 * `raw` has its streams in the URL under `/ws`; `combined` subscribes by command under `/stream`.
 */
export class WireWatcher implements Watcher {
  readonly ledger = new Ledger();
  messages = 0;
  lost: string | undefined;
  readonly check: StrictCheck | undefined;
  private socket: WebSocket | undefined;
  private isLeaving = false;

  constructor(
    readonly name: string,
    readonly protocol: 'raw' | 'combined',
    private readonly url: string,
    readonly streams: readonly StreamName[],
    private readonly onlooker: Onlooker = {},
  ) {
    this.check = onlooker.truth && new StrictCheck(name, onlooker.truth);
  }

  start(): Promise<void> {
    const path = this.protocol === 'raw' ? `/ws/${this.streams.map(encodeURIComponent).join('/')}` : '/stream';
    const socket = new WebSocket(`${this.url}${path}`);
    this.socket = socket;
    return new Promise((resolve, reject) => {
      socket.on('open', () => {
        if (this.protocol === 'raw') resolve();
        else socket.send(JSON.stringify({ method: 'SUBSCRIBE', params: this.streams, id: 1 }));
      });
      socket.on('message', (data: Buffer) => {
        const message = JSON.parse(data.toString()) as Record<string, unknown>;
        if (message['id'] === 1 && 'result' in message) resolve();
        else if ('error' in message) reject(new Error(`${this.name} was refused: ${messageOf(message['error'])}`));
        else this.enter(message, data.toString());
      });
      socket.on('close', (code, reason) => this.closed(`${code} ${reason.toString()}`.trim()));
      socket.on('error', reject);
    });
  }

  stop(): Promise<void> {
    this.isLeaving = true;
    const { socket } = this;
    if (!socket || socket.readyState === WebSocket.CLOSED) return Promise.resolve();
    return new Promise((resolve) => {
      socket.on('close', () => resolve());
      socket.close(1000);
    });
  }

  private enter(message: Record<string, unknown>, text: string): void {
    this.messages += 1;
    const [stream, payload] =
      this.protocol === 'combined'
        ? [message['stream'] as StreamName, message['data']]
        : [this.nameOf(message), message];
    this.ledger.payload(stream, payload);
    this.check?.payload(stream, payload);
    this.onlooker.wire?.(text);
  }

  private closed(why: string): void {
    if (this.isLeaving) return;
    this.ledger.disconnects += 1;
    this.lost = why;
  }

  /** A raw payload does not say its stream; with one stream of a kind per symbol, kind and symbol do. */
  private nameOf(payload: Record<string, unknown>): StreamName {
    const [first = ''] = this.streams;
    if (this.streams.length === 1) return first;
    const symbol = String(payload['s']).toLowerCase();
    const kind = KIND_OF[String(payload['e'])];
    return this.streams.find((name) => name.startsWith(`${symbol}@${kind}`)) ?? `${symbol}@${kind}`;
  }
}

/** The sentence inside `{"code":…,"msg":…}`. */
const messageOf = (error: unknown): string => String(Reflect.get(Object(error), 'msg'));

/** How the names of streams begin, by event type; best bid and ask come without one. */
const KIND_OF: Readonly<Record<string, string>> = {
  undefined: 'bookTicker',
  trade: 'trade',
  aggTrade: 'aggTrade',
  depthUpdate: 'depth',
  kline: 'kline',
  '24hrMiniTicker': 'miniTicker',
  '24hrTicker': 'ticker',
  avgPrice: 'avgPrice',
};
