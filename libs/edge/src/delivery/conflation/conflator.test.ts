import { beforeEach, describe, expect, it } from 'vitest';
import { type Depth, type LooseContract, type MarketEvent, type StreamName, mergedDiffs } from '#libs/core';
import { parsedStream } from '../../../../../test/support/parsed-stream.js';
import { ConflatedSeat } from './conflated-seat.js';
import { Conflator } from './conflator.js';
import { FlowStage } from './flow.rig.js';

const LATEST: LooseContract = { delivery: 'latest' };

/** A stream under a hand that publishes, and one client of it. */
class ConflationStage extends FlowStage {
  readonly conflator: Conflator;
  readonly seat: ConflatedSeat;
  seq = 0;

  constructor(
    readonly name: StreamName,
    contract = LATEST,
    fits: (event: MarketEvent) => boolean = () => true,
  ) {
    super();
    this.conflator = new Conflator(parsedStream(name), fits);
    this.seat = new ConflatedSeat(contract, this.flow);
    this.conflator.seats.add(this.seat);
  }

  publish(type: string, fields: object = {}): string {
    this.seq += 1;
    const text = JSON.stringify({ type, stream: this.name, epoch: 7, seq: this.seq, receivedAt: 1, ...fields });
    this.conflator.take(text);
    return text;
  }

  /** What the client is told by the end of this turn: `seq`, and how many it stands for. */
  told(): [number, number][] {
    return this.turn().map((text) => {
      const { seq, conflated = 0 } = JSON.parse(text) as { seq: number; conflated?: number };
      return [seq, conflated];
    });
  }

  stop(): void {
    this.socket.unsentBytes = 1;
  }

  goOn(): void {
    this.socket.unsentBytes = 0;
    this.flow.flush();
  }
}

describe('a client that wants the latest', () => {
  let stage: ConflationStage;
  beforeEach(() => {
    stage = new ConflationStage('btcusdt@bookTicker');
  });

  it('gets each message to the letter while it reads', () => {
    for (let times = 0; times < 3; times += 1) {
      const text = stage.publish('bookTicker');
      expect(stage.turn()).toEqual([text]);
    }
  });

  it('gets of what comes in one turn the newest, and is told how many that stands for', () => {
    for (let times = 0; times < 5; times += 1) stage.publish('bookTicker');
    expect(stage.told()).toEqual([[5, 4]]);
    expect([stage.flow.conflated, stage.counts]).toEqual([4, { deliveries: 1, conflated: 4 }]);
  });

  it('gets the newest when it reads again, however long it did not', () => {
    stage.stop();
    for (let times = 0; times < 1_000; times += 1) {
      stage.publish('bookTicker');
      expect(stage.told()).toEqual([]);
    }
    stage.goOn();
    expect(stage.told()).toEqual([[1_000, 999]]);
    expect(stage.flow.keptBytes).toBe(0);
  });

  it('is told every state of the stream, at its place', () => {
    stage.stop();
    stage.publish('bookTicker');
    stage.publish('feed', { state: 'gap' });
    stage.publish('bookTicker');
    const gap = stage.publish('feed', { state: 'live' });
    expect(stage.flow.keptBytes).toBeGreaterThan(gap.length);
    stage.publish('bookTicker');
    stage.publish('bookTicker');
    stage.goOn();
    expect(stage.told()).toEqual([
      [2, 0],
      [4, 0],
      [6, 3],
    ]);
    expect(stage.flow.keptBytes).toBe(0);
  });

  it('keeps nothing of what it does not want any more', () => {
    stage.stop();
    stage.publish('feed', { state: 'gap' });
    stage.seat.end();
    stage.goOn();
    expect([stage.told(), stage.flow.keptBytes]).toEqual([[], 0]);
  });

  it('gets every closed candle, and of the open one its newest state', () => {
    stage = new ConflationStage('btcusdt@kline_1m');
    stage.stop();
    const candle = (openAt: number, closed = false): string => stage.publish('kline', { openAt, closed });
    candle(1);
    candle(1);
    candle(1, true);
    candle(2);
    candle(2, true);
    candle(3);
    candle(3);
    stage.goOn();
    expect(stage.told()).toEqual([
      [3, 2],
      [5, 1],
      [7, 1],
    ]);
  });

  it('gets of an array each symbol’s newest, those that waited longest first', () => {
    stage = new ConflationStage('!miniTicker@arr');
    stage.stop();
    for (const symbol of ['A', 'B', 'C', 'B', 'A', 'B']) stage.publish('miniTicker', { symbol });
    stage.goOn();
    expect(stage.told()).toEqual([
      [5, 1],
      [6, 2],
      [3, 0],
    ]);
  });

  it('gets what nobody has a word for, and what is no event of its stream, as it came', () => {
    stage = new ConflationStage('btcusdt@kline_1m', LATEST, () => false);
    stage.stop();
    stage.publish('unknown', { raw: 1 });
    stage.publish('unknown', { raw: 2 });
    stage.publish('kline', { openAt: 'never' });
    stage.publish('kline', { openAt: 'never' });
    stage.goOn();
    expect(stage.told().map(([seq]) => seq)).toEqual([1, 2, 3, 4]);
  });
});

describe('a client that wants so many in a second', () => {
  it('gets the first at once, then the newest at its pace, and always the last', () => {
    const stage = new ConflationStage('btcusdt@bookTicker', { delivery: 'rate', perSecond: 4 });
    const told: [number, number, number][] = [];
    for (let ms = 0; ms < 1_010; ms += 10) {
      stage.publish('bookTicker');
      for (const one of stage.told()) told.push([ms, ...one]);
      stage.clock.advance(10);
      for (const one of stage.told()) told.push([ms + 10, ...one]);
    }
    stage.clock.advance(1_000);
    expect([...told, ...stage.told()]).toEqual([
      [0, 1, 0],
      [250, 25, 23],
      [500, 50, 24],
      [750, 75, 24],
      [1_000, 100, 24],
      [101, 0],
    ]);
    expect(stage.clock.pending).toBe(0);
    stage.clock.advance(250);
    stage.publish('bookTicker');
    expect(stage.told()).toEqual([[102, 0]]);
  });

  it('gets so many of each key', () => {
    const stage = new ConflationStage('!miniTicker@arr', { delivery: 'rate', perSecond: 1 });
    const all = (): void => ['A', 'B'].forEach((symbol) => void stage.publish('miniTicker', { symbol }));
    all();
    expect(stage.told().length).toBe(2);
    all();
    stage.publish('miniTicker', { symbol: 'C' });
    expect(stage.told()).toEqual([]);
    stage.clock.advance(1_000);
    expect(stage.told().map(([seq]) => seq)).toEqual([3, 4, 5]);
  });

  it('is told a state of the stream at once, unless something waits before it', () => {
    const stage = new ConflationStage('btcusdt@bookTicker', { delivery: 'rate', perSecond: 1 });
    stage.publish('bookTicker');
    expect(stage.told()).toEqual([[1, 0]]);
    stage.publish('feed', { state: 'stale' });
    expect(stage.told()).toEqual([[2, 0]]);
    stage.publish('bookTicker');
    stage.publish('feed', { state: 'live' });
    expect(stage.told()).toEqual([]);
    stage.clock.advance(1_000);
    expect(stage.told()).toEqual([
      [3, 0],
      [4, 0],
    ]);
  });

  it('gets no sooner what comes next where something that is kept took the place of what waited', () => {
    const stage = new ConflationStage('btcusdt@kline_1m', { delivery: 'rate', perSecond: 1 });
    stage.publish('kline', { openAt: 1, closed: false, filler: 'x'.repeat(20_000) });
    stage.publish('kline', { openAt: 2, closed: false });
    expect(stage.told()).toEqual([[1, 0]]);
    stage.publish('kline', { openAt: 2, closed: true });
    expect(stage.reads().length).toBe(1);
    stage.publish('kline', { openAt: 3, closed: false });
    expect(stage.told()).toEqual([]);
    stage.clock.advance(1_000);
    expect(stage.told()).toEqual([[4, 0]]);
  });

  it('leaves no alarm behind', () => {
    const stage = new ConflationStage('btcusdt@bookTicker', { delivery: 'rate', perSecond: 1 });
    for (let times = 0; times < 2; times += 1) {
      stage.publish('bookTicker');
      stage.told();
    }
    expect(stage.clock.pending).toBe(1);
    stage.seat.end();
    expect(stage.clock.pending).toBe(0);
  });
});

describe('a client that wants the latest of a book', () => {
  let stage: ConflationStage;
  let id: number;
  beforeEach(() => {
    stage = new ConflationStage('btcusdt@depth');
    id = 100;
  });
  const diff = (price: string, quantity: string, from = id + 1): Depth => {
    id = from;
    const fields = { symbol: 'BTCUSDT', firstUpdateId: from, lastUpdateId: id, bids: [[price, quantity]], asks: [] };
    return JSON.parse(stage.publish('depth', fields)) as Depth;
  };
  const events = (): unknown[] => stage.turn().map((text) => JSON.parse(text) as unknown);

  it('gets diffs that waited as one, and each alone while it reads', () => {
    const first = diff('1', '1');
    expect(events()).toEqual([first]);
    stage.stop();
    const diffs = [diff('1', '2'), diff('3', '1'), diff('1', '0')] as const;
    stage.goOn();
    expect(events()).toEqual([{ ...mergedDiffs(diffs), conflated: 2 }]);
    expect(stage.flow.keptBytes).toBe(0);
  });

  it('gets them apart where a book or a state stands between, or one does not follow', () => {
    stage.stop();
    diff('1', '1');
    diff('1', '2');
    stage.publish('feed', { state: 'gap' });
    diff('1', '3', 200);
    diff('1', '4');
    diff('1', '5', 300);
    stage.publish('book', { lastUpdateId: 300, bids: [], asks: [] });
    diff('1', '6');
    stage.goOn();
    const told = events() as { type: string; firstUpdateId?: number; lastUpdateId?: number; conflated?: number }[];
    expect(
      told.map(({ type, firstUpdateId, lastUpdateId, conflated }) => [type, firstUpdateId, lastUpdateId, conflated]),
    ).toEqual([
      ['depth', 101, 102, 1],
      ['feed', undefined, undefined, undefined],
      ['depth', 200, 201, 1],
      ['depth', 300, 300, undefined],
      ['book', undefined, 300, undefined],
      ['depth', 301, 301, undefined],
    ]);
  });

  it('makes what waits no larger than the levels that it names', () => {
    stage.stop();
    for (let times = 0; times < 10_000; times += 1) diff(String(times % 50), String(times));
    expect(stage.flow.keptBytes).toBeLessThan(20_000);
    stage.goOn();
    expect(events()).toMatchObject([{ firstUpdateId: 101, lastUpdateId: 10_100, conflated: 9_999 }]);
  });
});
