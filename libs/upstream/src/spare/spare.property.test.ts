import fc from 'fast-check';
import { expect, it } from 'vitest';
import { spot } from '#libs/binance';
import { MemoryBus } from '#libs/bus';
import { type StreamEvent, decode, encodeDemand } from '#libs/core';
import type { SocketEvents } from '#libs/link';
import { UpstreamSettings } from '#libs/runtime';
import { FakeClock } from '../../../../test/support/fake-clock.js';
import { inShort } from '../../../../test/support/series-rig.js';
import { upstreamParts } from '../../../../test/support/upstream-parts.js';
import { Upstream } from '../index.js';

const TRADE = 'btcusdt@trade';

/** No wire is further behind: whoever is, is half dead, and is waited for no longer than any line. */
const MOST_LAG_MS = 800;

/** One connection: what was sent on it since it opened, and how much of that has come. */
interface Wire {
  events: SocketEvents;
  was: 'dialled' | 'open' | 'gone';
  /** The first id that it will bring. */
  from: number;
  sent: number[];
  come: number;
}

/** An exchange that numbers its trades, and an upstream with a spare line that reads it; the wires are as slow as the test says. */
class World {
  readonly clock = new FakeClock();
  readonly bus = new MemoryBus({ clock: this.clock });
  readonly wires: Wire[] = [];
  readonly said: StreamEvent[] = [];
  readonly upstream: Upstream;
  private lastId = 0;
  private readonly tradedAt: number[] = [];

  constructor() {
    // A base URL of one's own without one for REST: nothing is fetched.
    const settings = Object.assign(new UpstreamSettings(), { spareLine: true, wsUrl: 'ws://127.0.0.1:9' });
    this.upstream = new Upstream(settings, {
      ...upstreamParts(),
      market: spot,
      bus: this.bus,
      clock: this.clock,
      random: () => 0.5,
      dial: (_, events) => {
        const wire: Wire = { events, was: 'dialled', from: Infinity, sent: [], come: 0 };
        this.wires.push(wire);
        return {
          send: () => undefined,
          close: () => this.end(wire),
          terminate: () => void (wire.was = 'gone'),
        };
      },
    });
    this.bus.messages.subscribe(spot.channels.stream(TRADE), (text) => {
      const event = decode(text);
      if (event.ok) this.said.push(event.value);
    });
  }

  async start(): Promise<void> {
    await this.upstream.start();
    await this.pass(0);
    await this.pass(200);
    this.trade(1);
    for (const wire of this.open) this.bring(wire, 1);
  }

  get open(): Wire[] {
    return this.wires.filter(({ was }) => was === 'open');
  }

  trade(count: number): void {
    for (let one = 0; one < count; one += 1) {
      this.lastId += 1;
      this.tradedAt[this.lastId] = this.clock.now();
      for (const { sent } of this.open) sent.push(this.lastId);
    }
  }

  bring(wire: Wire, count: number): void {
    for (const t of wire.sent.slice(wire.come, wire.come + count)) {
      wire.come += 1;
      const at = this.tradedAt[t] ?? 0;
      const data = `{"e":"trade","E":${at},"s":"BTCUSDT","t":${t},"p":"1.0","q":"2.0","T":${at},"m":true,"M":true}`;
      wire.events.message(Buffer.from(`{"stream":"${TRADE}","data":${data}}`), false);
    }
  }

  /** Ends a wire, if the other one has, or will have, all that was not said yet. */
  drop(wire: Wire): void {
    const { reached = 0 } = this.upstream.streams.wanted.get(TRADE) ?? {};
    const others = this.open.filter((other) => other !== wire);
    if (others.some(({ from }) => from <= reached + 1)) this.end(wire);
  }

  async pass(ms: number): Promise<void> {
    this.bus.messages.publish(spot.channels.demand, encodeDemand({ edge: 'edge', streams: [TRADE] }));
    for (const wire of this.open) {
      const late = wire.sent
        .slice(wire.come)
        .filter((id) => (this.tradedAt[id] ?? 0) < this.clock.now() + ms - MOST_LAG_MS);
      this.bring(wire, late.length);
    }
    this.clock.advance(ms);
    for (let turn = 0; turn < 10; turn += 1) await Promise.resolve();
    for (const wire of this.wires) {
      if (wire.was !== 'dialled') continue;
      wire.was = 'open';
      wire.from = this.lastId + 1;
      wire.events.opened({});
      wire.events.message(Buffer.from(`{"result":["${TRADE}"],"id":1}`), false);
    }
  }

  private end(wire: Wire): void {
    if (wire.was !== 'open') return;
    wire.was = 'gone';
    wire.events.closed({ code: 1006, reason: '' });
  }
}

const command = fc.oneof(
  fc.record({ do: fc.constant('trade' as const), many: fc.integer({ min: 1, max: 5 }) }),
  fc.record({ do: fc.constant('bring' as const), wire: fc.nat(2), many: fc.integer({ min: 1, max: 8 }) }),
  fc.record({ do: fc.constant('drop' as const), wire: fc.nat(2) }),
  fc.record({ do: fc.constant('pass' as const), ms: fc.constantFrom(1, 20, 100, 300, 1_200, 4_000) }),
);

it('as long as one of two lines has it, every id comes once and in order, and no state is said', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(command, { maxLength: 60 }), async (commands) => {
      const world = new World();
      await world.start();
      world.said.length = 0;
      for (const one of commands) {
        const wire = 'wire' in one ? world.open[one.wire % world.open.length] : undefined;
        if (one.do === 'trade') world.trade(one.many);
        else if (one.do === 'pass') await world.pass(one.ms);
        else if (wire && one.do === 'bring') world.bring(wire, one.many);
        else if (wire && one.do === 'drop') world.drop(wire);
      }
      for (let round = 0; round < 10; round += 1) {
        for (const wire of world.open) world.bring(wire, Infinity);
        await world.pass(300);
      }
      const ids = world.said.filter(({ type }) => type === 'trade').map(inShort);
      expect(ids).toEqual(ids.map((_, at) => at + 2));
      expect(world.said.filter(({ type }) => type === 'feed').map(inShort)).toEqual([]);
      await world.upstream.stop();
    }),
    { numRuns: 300 },
  );
});
