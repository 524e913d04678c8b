import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Bus, MemoryBus } from '#libs/bus';
import type { Depth, Place } from '#libs/core';
import { Metrics } from '#libs/runtime';
import { FakeClock } from '../../../../test/support/fake-clock.js';
import { HandUpstream } from '../../../../test/support/hand-upstream.js';
import { parsedStream } from '../../../../test/support/parsed-stream.js';
import { EdgeMetrics } from '../metrics/edge-metrics.js';
import type { MarketStreams } from './market-streams.js';
import { newShelf, newStreams } from './market-streams.rig.js';
import { Room } from './room.js';

const TRADE = 'btcusdt@trade';
const DEPTH = 'btcusdt@depth';

const trade = (id: number) =>
  ({ type: 'trade', symbol: 'BTCUSDT', id, price: '1', quantity: '1', taker: 'buy', tradedAt: 1, eventAt: 1 }) as const;
const diff = (id: number): Partial<Depth> & { type: 'depth' } => ({
  type: 'depth',
  symbol: 'BTCUSDT',
  firstUpdateId: id,
  lastUpdateId: id,
  bids: [],
  asks: [],
  eventAt: 1,
});

/** An edge of its own on a bus, on which it may be deaf; what its clients are told, by place. */
class HearingEdge {
  isDeaf = false;
  native: string[] = [];
  readonly metrics = new EdgeMetrics(new Metrics());
  readonly streams: MarketStreams;

  constructor(edge: string, bus: Bus, clock: FakeClock, keptBytes: number) {
    const { messages } = bus;
    const deafening = {
      publish: (topic: string, text: string) => messages.publish(topic, text),
      subscribe: (topic: string, deliver: (text: string) => void) =>
        messages.subscribe(topic, (text) => (this.isDeaf ? undefined : deliver(text))),
      onState: (listener: Parameters<typeof messages.onState>[0]) => messages.onState(listener),
      state: 'up',
    } as const;
    const publish = (topic: string, text: string): void => {
      if (!topic.includes(':native:')) return;
      const { type, state, epoch, seq } = JSON.parse(text) as Record<string, unknown>;
      this.native.push(`${String(state ?? type)} ${String(epoch)}.${String(seq)}`);
    };
    this.streams = newStreams({
      edge,
      bus: Object.create(bus, { messages: { value: deafening } }) as Bus,
      clock,
      metrics: this.metrics,
      publish,
      room: new Room(10),
      lingerMs: 1_000,
      shelf: newShelf(keptBytes),
    });
  }

  want(...names: string[]): void {
    for (const name of names) this.streams.wanted.want(parsedStream(name), 'native');
  }

  told(): string[] {
    return this.native.splice(0);
  }
}

describe('two edges, of which one has missed the end of a term', () => {
  let clock: FakeClock;
  let bus: MemoryBus;
  let upstream: HandUpstream;
  let edges: HearingEdge[];
  const begin = async (keptBytes = 100_000): Promise<[HearingEdge, HearingEdge]> => {
    const one = new HearingEdge('one', bus, clock, keptBytes);
    const other = new HearingEdge('other', bus, clock, keptBytes);
    edges = [one, other];
    for (const edge of edges) {
      edge.streams.start();
      edge.want(TRADE, DEPTH);
    }
    await Promise.resolve();
    clock.advance(100);
    upstream.publish(TRADE, trade(1));
    upstream.publish(DEPTH, diff(1));
    for (const edge of edges) edge.told();
    return [one, other];
  };
  beforeEach(() => {
    clock = new FakeClock();
    bus = new MemoryBus({ clock });
    upstream = new HandUpstream(bus, { clock }).start();
  });
  afterEach(async () => {
    upstream.stop();
    for (const { streams } of edges) streams.stop();
    await bus.stop();
  });
  /** One more message than `one` hears; then a new term, which follows all of them. */
  const replace = (
    one: HearingEdge,
    missed: (upstream: HandUpstream) => void,
    follows: Record<string, Place>,
  ): void => {
    one.isDeaf = true;
    missed(upstream);
    one.isDeaf = false;
    upstream.stop();
    upstream = new HandUpstream(bus, { epoch: 8, clock });
    for (const [stream, place] of Object.entries(follows)) upstream.feed(stream, 'live', 'resumed', place);
    upstream.publish(TRADE, trade(9));
    upstream.start();
  };

  it('both tell the same, with nothing missing and nothing twice, of streams of events and of diffs', async () => {
    const [one, other] = await begin();
    const missed = (from: HandUpstream): void => {
      from.publish(TRADE, trade(2));
      from.feed(TRADE, 'recovering', 'connection-lost');
      from.publish(DEPTH, diff(2));
      from.publish(TRADE, trade(3));
    };
    replace(one, missed, { [TRADE]: { epoch: 7, seq: 4 }, [DEPTH]: { epoch: 7, seq: 2 } });
    const told = one.told();
    expect(told.toSorted()).toEqual(other.told().toSorted());
    expect(told).toEqual([
      'trade 7.2',
      'recovering 7.3',
      'trade 7.4',
      'live 8.1',
      'depth 7.2',
      'live 8.1',
      'trade 8.2',
    ]);
    clock.advance(5_000);
    upstream.publish(TRADE, trade(10));
    expect([one.told(), other.told()]).toEqual([['trade 8.3'], ['trade 8.3']]);
    expect([one.metrics.counts.lost, one.metrics.counts.discarded]).toEqual([0, 0]);
  });

  it('the one says that they are lost where the other does not keep so many, after two seconds at most', async () => {
    const [one, other] = await begin(400);
    const missed = (from: HandUpstream): void => [2, 3, 4].forEach((id) => void from.publish(TRADE, trade(id)));
    replace(one, missed, { [TRADE]: { epoch: 7, seq: 4 }, [DEPTH]: { epoch: 7, seq: 1 } });
    expect(other.told()).toEqual(['trade 7.2', 'trade 7.3', 'trade 7.4', 'live 8.1', 'live 8.1', 'trade 8.2']);
    expect(one.told()).toEqual(['live 8.1']);
    clock.advance(2_000);
    upstream.publish(TRADE, trade(10));
    expect(one.told()).toEqual(['gap 7.1', 'live 8.1', 'trade 8.2', 'trade 8.3']);
    expect(one.metrics.counts.lost).toBe(3);
  });
});
