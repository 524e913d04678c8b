import { get } from 'node:http';
import { WebSocket } from 'ws';
import type { Level, StreamName } from '#libs/core';
import { Ledger } from '../audit/ledger.js';
import { BookCheck } from '../audit/strict/book-check.js';
import type { SeenBook, SeenDiff } from '../audit/strict/sighting.js';
import { StrictCheck, type Truth } from '../audit/strict/strict-check.js';
import type { Watcher } from './watcher.js';

export interface RecipeKeeperOptions {
  /** Where the gateway listens. */
  url: string;
  /** Where it fetches snapshots: from Binance, or from the gateway. */
  restUrl: string;
  /** As in payloads. */
  symbol: string;
  truth: Truth;
  /** Levels of the snapshot. */
  limit?: number;
}

interface DepthAnswer {
  lastUpdateId: number;
  bids: Level[];
  asks: Level[];
}

interface DiffPayload {
  s: string;
  U: number;
  u: number;
  b: Level[];
  a: Level[];
}

/** Such a program lives elsewhere: what it asks of Binance weighs on another address than the gateway's. */
const ADDRESS = '127.0.0.2';

/** The best levels of each side are compared after every diff; everything is compared at the end. */
const NEAR_LEVELS = 20;

/**
 * A program written for Binance that keeps a book by the official recipe: open the stream, keep what comes, fetch a snapshot, drop
 * what it has already, apply the rest; where an id is missing, throw the book away and fetch again. It connects once and never again.
 *
 * @see https://developers.binance.com/docs/binance-spot-api-docs/web-socket-streams#how-to-manage-a-local-order-book-correctly
 */
export class RecipeKeeper implements Watcher {
  readonly protocol = 'raw';
  readonly ledger = new Ledger();
  readonly check: StrictCheck;
  readonly streams: readonly [StreamName];
  messages = 0;
  lost: string | undefined;
  /** Snapshots fetched, each after the first one because an id was missing or the snapshot was too old. */
  snapshots = 0;
  private book: BookCheck | undefined;
  private waiting: SeenDiff[] = [];
  private socket: WebSocket | undefined;
  private isLeaving = false;

  constructor(
    readonly name: string,
    private readonly options: RecipeKeeperOptions,
  ) {
    this.streams = [`${options.symbol.toLowerCase()}@depth@100ms`];
    this.check = new StrictCheck(name, options.truth);
  }

  start(): Promise<void> {
    const socket = new WebSocket(`${this.options.url}/ws/${encodeURIComponent(this.streams[0])}`);
    this.socket = socket;
    socket.on('message', (data: Buffer) => this.enter(JSON.parse(data.toString()) as DiffPayload));
    socket.on('close', (code, reason) => this.closed(`${code} ${reason.toString()}`.trim()));
    return new Promise((resolve, reject) => {
      socket.on('open', () => resolve());
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

  get hasBook(): boolean {
    return this.book?.id !== undefined;
  }

  /** What is wrong with the whole book now, in words; a book that is not there yet is wrong too. */
  verdict(): string | undefined {
    const { book } = this;
    const was = book?.id === undefined ? undefined : this.options.truth.book(this.options.symbol, book.id);
    if (!book || !was) return `${this.name}: no book to compare`;
    const problem = book.wholeProblem(was);
    return problem && `${this.name}: ${problem}`;
  }

  private enter(frame: DiffPayload): void {
    this.messages += 1;
    this.ledger.payload(this.streams[0], frame);
    const { s: symbol, U: first, u: last, b: bids, a: asks } = frame;
    const diff: SeenDiff = { kind: 'diff', symbol, first, last, bids, asks };
    this.check.take(this.streams[0], diff);
    if (this.book) return this.apply(diff);
    this.waiting.push(diff);
    if (this.waiting.length === 1) this.fetch();
  }

  private apply(diff: SeenDiff): void {
    const { book } = this;
    if (book?.id === undefined || diff.last <= book.id) return;
    if (diff.first > book.id + 1) return this.startOver(diff);
    book.takeDiff(diff);
    const was = this.options.truth.book(diff.symbol, diff.last);
    if (was) this.check.note(this.streams[0], book.nearProblem(was, NEAR_LEVELS));
  }

  private startOver(diff: SeenDiff): void {
    this.book = undefined;
    this.waiting = [diff];
    this.fetch();
  }

  private fetch(): void {
    const { restUrl, symbol, limit = 1_000 } = this.options;
    this.snapshots += 1;
    const url = `${restUrl}/api/v3/depth?symbol=${encodeURIComponent(symbol)}&limit=${limit}`;
    const request = get(url, { localAddress: ADDRESS }, (response) => {
      let text = '';
      response.on('data', (chunk: Buffer) => (text += chunk.toString()));
      response.on('end', () => this.fetched(response.statusCode, text));
    });
    request.on('error', () => this.again());
  }

  private fetched(status: number | undefined, text: string): void {
    if (status !== 200) return this.again();
    const answer = JSON.parse(text) as DepthAnswer;
    const [first] = this.waiting;
    if (!first || answer.lastUpdateId < first.first) return this.again();
    this.book = new BookCheck();
    this.book.takeBook(bookOf(answer, this.options));
    const { waiting } = this;
    this.waiting = [];
    for (const diff of waiting) this.apply(diff);
  }

  /** With the next diff, so that there is a pause. */
  private again(): void {
    this.waiting = [];
  }

  private closed(why: string): void {
    if (this.isLeaving) return;
    this.ledger.disconnects += 1;
    this.lost = why;
  }
}

function bookOf({ lastUpdateId, bids, asks }: DepthAnswer, { symbol, limit = 1_000 }: RecipeKeeperOptions): SeenBook {
  const endOf = (side: Level[]): string | undefined => (side.length < limit ? undefined : side.at(-1)?.[0]);
  return { kind: 'book', symbol, last: lastUpdateId, bids, asks, bidsTo: endOf(bids), asksTo: endOf(asks) };
}
