import { decodeRequest, spot } from '#libs/binance';
import { MemoryBus } from '#libs/bus';
import type { Millis } from '#libs/core';
import { UpstreamSettings } from '#libs/runtime';
import { FakeClock } from '../../../../test/support/fake-clock.js';
import { FakeSocket, settle } from '../../../../test/support/fake-link.js';
import { Journal, type Then } from '../journal/journal.js';
import { Problems } from '../problems/problems.js';
import { Taint } from '../problems/taint.js';
import { TIMINGS } from '../timings.js';
import { Attempts, type Purpose } from './attempts.js';
import { Line, type LineIdentity, type LineOwner, type LineTools } from './line.js';

export const BOOK = 'btcusdt@bookTicker';
export const OTHER = 'ethusdt@bookTicker';

/** Attempts that remember what they were asked for. */
class WatchedAttempts extends Attempts {
  readonly asked: Purpose[] = [];

  override permit(purpose: Purpose): Promise<Millis> {
    this.asked.push(purpose);
    return super.permit(purpose);
  }
}

/** Lines whose Binance is the test, and whose owner only writes down what it is told. */
export class LineBench {
  readonly clock = new FakeClock();
  readonly attempts = new WatchedAttempts(new MemoryBus({ clock: this.clock }).budget, 'attempts', spot.limits);
  readonly urls: string[] = [];
  readonly sockets: FakeSocket[] = [];
  readonly told: string[] = [];
  readonly logged: string[] = [];
  readonly journal: Journal;
  readonly problems = new Problems(
    () => undefined,
    () => undefined,
  );
  /** What the owner was told of each ending: how long until the next attempt. */
  readonly waits: (Millis | undefined)[] = [];
  /** What chance says. */
  chance = 0;
  /** How long our own process has just stood still, as far as its timers tell. */
  stallMs: Millis = 0;
  /** What the owner does about an ending. */
  then: Then = { do: 'nothing' };

  constructor() {
    const note = (fields: object): void => void this.logged.push(Object.values(fields).join(' '));
    this.journal = new Journal(this.clock, { debug: note, info: note, warn: note, error: note });
  }

  /** A line that has begun its first attempt. */
  async line(identity: Partial<LineIdentity> = {}, settings: Partial<UpstreamSettings> = {}): Promise<Line> {
    const usual = { generation: 1, why: 'demand', purpose: 'demand', route: '', taint: new Taint() } as const;
    const line = new Line({ ...usual, ...identity }, new Set([BOOK, OTHER]), this.tools(settings), this.owner());
    line.start();
    await settle();
    return line;
  }

  /** One that is connected, too; what it has said and logged so far is forgotten. */
  async openLine(): Promise<Line> {
    const line = await this.line();
    this.events.opened({ from: 'here', to: 'there' });
    this.told.length = 0;
    this.logged.length = 0;
    return line;
  }

  get socket(): FakeSocket {
    const newest = this.sockets.at(-1);
    if (!newest) throw new Error('nothing was dialled');
    return newest;
  }

  get events(): FakeSocket['events'] {
    return this.socket.events;
  }

  /** The requests on the newest connection. */
  get asked(): string[] {
    return this.socket.did.flatMap((what) => {
      const request = what.startsWith('send ') ? decodeRequest(what.slice(5)) : undefined;
      if (!request?.ok) return [];
      return [request.value.method, ...('params' in request.value ? request.value.params : [])].join(' ');
    });
  }

  hear(text: string): void {
    this.events.message(Buffer.from(text), false);
  }

  bringData(): void {
    this.hear(`{"stream":"${BOOK}","data":{"u":1,"s":"BTCUSDT","b":"1.0","B":"2.0","a":"1.1","A":"3.0"}}`);
  }

  drop(reason = ''): void {
    this.events.closed({ code: 1006, reason });
  }

  /** Time passes, and what it wakes is done. */
  async pass(ms: Millis): Promise<void> {
    await settle();
    this.clock.advance(ms);
    await settle();
  }

  /**
   * Holds the line to the wait that its owner was told: no attempt a millisecond before it is over, and one when it is. Gives
   * the wait.
   */
  async sitOut(): Promise<Millis> {
    const waitMs = this.waits.at(-1) ?? Number.NaN;
    const before = this.sockets.length;
    if (waitMs > 0) await this.pass(waitMs - 1);
    const early = this.sockets.length - before;
    await this.pass(waitMs > 0 ? 1 : 0);
    const made = this.sockets.length - before;
    if (early !== 0 || made !== 1) throw new Error(`${early} attempts before ${waitMs} ms were over, ${made} then`);
    return waitMs;
  }

  private tools(settings: Partial<UpstreamSettings>): LineTools {
    const { clock, attempts, journal, problems } = this;
    return {
      market: spot,
      dial: (url, events) => {
        this.urls.push(url);
        const socket = new FakeSocket(events);
        this.sockets.push(socket);
        return socket;
      },
      clock,
      random: () => this.chance,
      attempts,
      journal,
      problems,
      settings: Object.assign(new UpstreamSettings(), settings),
      streamsPerLine: spot.limits.streams,
      timings: TIMINGS,
      pipe: (line) => (bytes, isBinary) => void line.connection?.read(bytes, isBinary, clock.now()),
      traffic: { frames: 0, bytes: 0 },
      stallMs: () => this.stallMs,
    };
  }

  private owner(): LineOwner {
    const tell = (what: string): void => void this.told.push(what);
    return {
      opened: () => tell('opened'),
      distrusted: (_, reason, why) => tell(`distrusted ${reason}: ${why}`),
      refused: (_, streams, why) => tell(`refused ${streams.join(' ')}: ${why}`),
      carries: (_, since) => tell(`carries ${[...since.keys()].join(' ')}`),
      held: (_, forMs) => tell(`held ${forMs}`),
      ended: (_, { closedBy, cause }, retryMs) => {
        tell(`ended ${closedBy} ${cause}`);
        this.waits.push(retryMs);
        return this.then;
      },
    };
  }
}
