import { type BookTrouble, HoldfastClient, type OrderBook } from '#libs/client';
import type { StreamName } from '#libs/core';
import { historyPath } from '../seen/candles.js';
import { type ConnectionShown, connectionAfter, noConnection } from '../seen/connection.js';
import { type DoorAnswer, readDoorAnswer } from '../seen/door.js';
import { type Ladder, ladderOf } from '../seen/ladder.js';
import { type StreamShown, StreamSight } from '../seen/stream-sight.js';

/** A stream as it is drawn; of a stream of diffs with the book that the SDK keeps. */
export interface WatchedStream {
  shown: StreamShown;
  book: BookShown | undefined;
}

export interface BookShown {
  ladder: Ladder;
  updateId: number;
  /** Why it is not the exchange's newest; undefined while it is. */
  why: BookTrouble | undefined;
}

/** All that the page shows. */
export interface WatchState {
  connection: ConnectionShown;
  /** Why the gateway does not let this page in, where it said so. */
  refusal: DoorAnswer | undefined;
  hasToken: boolean;
  isPaused: boolean;
  streams: readonly WatchedStream[];
  now: number;
}

interface WatchEntry {
  sight: StreamSight;
  book: OrderBook | undefined;
  leave: () => void;
}

/** Five times a second at most, however much comes. */
const PAINT_EVERY_MS = 200;

/** So often the gateway is asked whether it would let this page in now, while it does not. */
const KNOCK_EVERY_MS = 5_000;

/** Attempts in a row that failed before the gateway is asked why: a restart takes one or two. */
const FAILED_BEFORE_ASKING = 2;

const LEVELS = 10;

/** Where a token stays: in this tab alone, and no longer than it. */
const TOKEN_KEY = 'holdfast-token';

/** What lies beside this page: a proxy may have put it below a path. */
const base = new URL('./', location.href.split('#')[0]);

/** Watches streams by the SDK, and says how they are: whenever something is another, and each second, since instants are shown as durations. */
export class PageWatch {
  private readonly watched = new Map<StreamName, WatchEntry>();
  private client: HoldfastClient | undefined;
  private connection = noConnection(Date.now());
  private refusal: DoorAnswer | undefined;
  private token = sessionStorage.getItem(TOKEN_KEY) ?? undefined;
  private streams: readonly WatchedStream[] = [];
  private isPaused = false;
  private hasNews = true;
  private toldAt = 0;

  constructor(private readonly tell: (state: WatchState) => void) {
    setInterval(() => this.paint(), PAINT_EVERY_MS);
    setInterval(() => this.refusal && !document.hidden && void this.knock(), KNOCK_EVERY_MS);
    void this.knock();
  }

  /** From now on these are watched, and no others. */
  look(names: readonly StreamName[]): void {
    for (const [name, { leave }] of this.watched) {
      if (names.includes(name)) continue;
      leave();
      this.watched.delete(name);
    }
    const before = new Map(this.watched);
    this.watched.clear();
    for (const name of names) this.watched.set(name, before.get(name) ?? this.watch(name));
    this.show();
  }

  /** With another token, or none, everything begins anew. */
  identify(token: string | undefined): void {
    this.token = token;
    if (token === undefined) sessionStorage.removeItem(TOKEN_KEY);
    else sessionStorage.setItem(TOKEN_KEY, token);
    this.hangUp();
    void this.knock();
  }

  pause(isPaused: boolean): void {
    this.isPaused = isPaused;
    this.show();
  }

  /** Asks whether this page may come in, and comes in; where nobody answers the SDK goes on trying. */
  private async knock(): Promise<void> {
    const { token } = this;
    const answer = await this.askDoor();
    // It was about another token, or somebody who has come in meanwhile.
    if (token !== this.token || this.connection.state === 'open') return;
    this.refusal = answer?.isOpen === false ? answer : undefined;
    if (this.refusal) this.hangUp();
    else if (!this.client) this.begin();
    this.hasNews = true;
  }

  private async askDoor(): Promise<DoorAnswer | undefined> {
    try {
      const path = new URL(`watch/door?origin=${encodeURIComponent(location.origin)}`, base);
      return readDoorAnswer(await (await fetch(path, { headers: this.credentials, cache: 'no-store' })).json());
    } catch {
      return undefined;
    }
  }

  private get credentials(): Record<string, string> {
    return this.token === undefined ? {} : { authorization: `Bearer ${this.token}` };
  }

  private begin(): void {
    const { token } = this;
    const client = new HoldfastClient({
      url: base.href.replace(/^http/, 'ws'),
      ...(token !== undefined && { token }),
      connection: (change) => {
        if (this.client !== client) return;
        this.connection = connectionAfter(this.connection, change, Date.now());
        this.hasNews = true;
        if (change.state === 'lost' && this.connection.failed >= FAILED_BEFORE_ASKING) void this.knock();
      },
    });
    this.client = client;
    for (const name of this.watched.keys()) this.watched.set(name, this.watch(name));
    client.start();
  }

  private hangUp(): void {
    const { client } = this;
    this.client = undefined;
    this.connection = noConnection(Date.now());
    for (const [name, { sight }] of this.watched)
      this.watched.set(name, { sight, book: undefined, leave: () => undefined });
    void client?.stop();
  }

  private watch(name: StreamName): WatchEntry {
    const { client } = this;
    const sight = this.watched.get(name)?.sight ?? new StreamSight(name);
    if (!client) return { sight, book: undefined, leave: () => undefined };
    const news = (act: (now: number) => void): void => {
      act(Date.now());
      this.hasNews = true;
    };
    const unwatch = client.onState(name, (state) => news((now) => sight.state(state, now)));
    const leave = client.subscribe<StreamName>(name, {
      event: (event) => news((now) => sight.event(event, now)),
      unknown: (event) => news((now) => sight.event(event, now)),
      book: (event) => news((now) => sight.event(event, now)),
      feed: (event) => sight.feed(event),
      started: ({ hasMissed }) => news((now) => sight.started(hasMissed, now)),
    });
    const stopHistory = this.fetchHistory(client, name, sight);
    const book = isDiffs(name) ? client.book(name) : undefined;
    return { sight, book, leave: () => [stopHistory, unwatch, leave, () => book?.close()].forEach((end) => end()) };
  }

  /** A chart begins with what there was; only once something has come, for a symbol that is none has no history either. */
  private fetchHistory(client: HoldfastClient, name: StreamName, sight: StreamSight): () => void {
    const path = historyPath(name);
    if (path === undefined) return () => undefined;
    const stop = client.subscribe<StreamName>(name, {
      event: () => {
        stop();
        void fetch(new URL(path, base), { headers: this.credentials })
          .then((answer) => answer.json())
          .then((rows: unknown) => sight.history(rows))
          .catch(() => undefined);
      },
    });
    return stop;
  }

  private paint(): void {
    const now = Date.now();
    if (!this.hasNews && now - this.toldAt < 1_000) return;
    // Nobody sees it, and a tab that is hidden has little time.
    if (document.hidden && now - this.toldAt < 1_000) return;
    this.show();
  }

  private show(): void {
    const now = Date.now();
    this.toldAt = now;
    this.hasNews = false;
    const { connection, refusal, isPaused } = this;
    const names = [...this.watched.keys()];
    const isOther =
      names.length !== this.streams.length || names.some((name, at) => name !== this.streams[at]?.shown.name);
    if (!isPaused || isOther)
      this.streams = [...this.watched.values()].map(({ sight, book }) => ({
        shown: sight.show(now),
        book: bookOf(book),
      }));
    this.tell({ connection, refusal, hasToken: this.token !== undefined, isPaused, streams: this.streams, now });
  }
}

const isDiffs = (name: string): name is `${string}@depth` => /@depth(@\d+ms)?$/.test(name);

function bookOf(book: OrderBook | undefined): BookShown | undefined {
  return book && { ladder: ladderOf(book.top(LEVELS), LEVELS), updateId: book.lastUpdateId, why: book.why };
}
