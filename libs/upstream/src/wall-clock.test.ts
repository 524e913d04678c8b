import { describe, expect, it } from 'vitest';
import { decodeRequest, encodeAcknowledgement, spot } from '#libs/binance';
import { MemoryBus } from '#libs/bus';
import { DEMAND_EVERY_MS, decode, decodeHeartbeat, encodeDemand } from '#libs/core';
import type { SocketEvents } from '#libs/link';
import { Metrics, Ops, UpstreamSettings, silentLog } from '#libs/runtime';
import { FakeClock } from '../../../test/support/fake-clock.js';
import { settle } from '../../../test/support/fake-link.js';
import { Upstream } from './index.js';

const TRADE = 'btcusdt@trade';
const HOUR = 3_600_000;
const EDGE = encodeDemand({ edge: 'edge', streams: [TRADE] });

/** Binance says that it carries what is wanted. */
function answer(text: string, events: SocketEvents): void {
  const request = decodeRequest(text);
  if (!request.ok) throw new Error(request.problem.message);
  const { method, id } = request.value;
  const result = method === 'LIST_SUBSCRIPTIONS' ? [TRADE] : null;
  void Promise.resolve().then(() => events.message(Buffer.from(encodeAcknowledgement(id, result)), false));
}

/** An upstream with one connection after the other that does what the test says; what it does is written down, with the time. */
class Observed {
  readonly clock = new FakeClock();
  readonly done: string[] = [];
  readonly stamps: Record<'receivedAt' | 'since' | 'beatAt', number[]> = { receivedAt: [], since: [], beatAt: [] };
  readonly upstream: Upstream;
  private readonly bus = new MemoryBus({ clock: this.clock });
  private socket: SocketEvents | undefined;
  private id = 0;

  constructor(setClock: (clock: FakeClock) => void) {
    this.upstream = new Upstream(Object.assign(new UpstreamSettings(), { symbolsEveryMs: 0 }), {
      market: spot,
      always: [],
      bus: this.bus,
      clock: this.clock,
      ops: new Ops(),
      random: () => 0.5,
      log: silentLog,
      metrics: new Metrics(),
      dial: (_, events) => {
        this.note('dials');
        this.socket = events;
        return {
          send: (text) => answer(text, events),
          close: (code) => {
            this.note(`closes ${code}`);
            events.closed({ code, reason: '' });
          },
          terminate: () => this.note('terminates'),
        };
      },
    });
    this.bus.messages.subscribe(spot.channels.stream(TRADE), (text) => this.heard(text));
    this.bus.messages.subscribe(spot.channels.heartbeat, (text) =>
      this.stamps.beatAt.push(decodeHeartbeat(text)?.at ?? Number.NaN),
    );
    this.setClock = () => setClock(this.clock);
  }

  readonly setClock: () => void;

  /** Trades flow for a while, the clock is set, they go on, then the connection is silent, and after that it breaks. */
  async live(): Promise<void> {
    await this.upstream.start();
    await this.pass(1, () => this.bus.messages.publish(spot.channels.demand, EDGE));
    this.socket?.opened({});
    await this.pass(90, () => this.trade());
    this.setClock();
    await this.pass(90, () => this.trade());
    await this.pass(120);
    this.socket?.closed({ code: 1006, reason: '' });
    await this.pass(60);
    this.setClock();
    await this.pass(60);
    await this.upstream.stop();
  }

  private async pass(seconds: number, each = (): void => undefined): Promise<void> {
    for (let second = 0; second < seconds; second += 1) {
      each();
      if ((second * 1_000) % DEMAND_EVERY_MS === 0) this.bus.messages.publish(spot.channels.demand, EDGE);
      await settle();
      this.clock.advance(1_000);
    }
  }

  private trade(): void {
    this.id += 1;
    const at = 1_700_000_000_000 + this.id * 1_000;
    const data = `{"e":"trade","E":${at},"s":"BTCUSDT","t":${this.id},"p":"1","q":"1","T":${at},"m":true,"M":true}`;
    this.socket?.message(Buffer.from(`{"stream":"${TRADE}","data":${data}}`), false);
  }

  private heard(text: string): void {
    const read = decode(text);
    if (!read.ok) throw new Error(read.problem);
    const event = read.value;
    if (event.type === 'feed') this.stamps.since.push(event.since);
    else this.stamps.receivedAt.push(event.receivedAt);
    this.note(event.type === 'feed' ? `${event.state} ${event.cause} ${event.message}` : event.type);
  }

  private note(what: string): void {
    this.done.push(`${this.clock.now()} ${what}`);
  }
}

async function observe(setClock: (clock: FakeClock) => void): Promise<Observed> {
  const observed = new Observed(setClock);
  await observed.live();
  return observed;
}

describe('the machine’s clock is set while an upstream runs', () => {
  it.each([HOUR, -HOUR, 30_000, -30_000])(
    'by %d ms: stamps follow, and nothing is done otherwise or at another time',
    async (byMs) => {
      const calm = await observe(() => undefined);
      const set = await observe((clock) => clock.setWall(byMs));
      expect(set.done).toEqual(calm.done);
      // It would prove little if nothing had happened.
      const kinds = ['recovering', 'dials', 'live', 'trade', 'stale', 'closes', 'terminates'];
      expect(new Set(calm.done.map((what) => what.split(' ')[1]))).toEqual(new Set(kinds));
      const shifts = (of: keyof Observed['stamps']) =>
        set.stamps[of].map((at, nth) => at - (calm.stamps[of][nth] ?? 0)).filter((by, nth, all) => by !== all[nth - 1]);
      expect(shifts('receivedAt')).toEqual([0, byMs]);
      expect(shifts('beatAt')).toEqual([0, byMs, 2 * byMs]);
      expect(shifts('since')).toEqual([0, byMs, 2 * byMs]);
      const journal = set.upstream.journal.read();
      expect(journal.map(({ livedMs }) => livedMs)).toEqual(calm.upstream.journal.read().map(({ livedMs }) => livedMs));
      expect(journal[0]?.startedAt).toBe(calm.upstream.journal.read()[0]?.startedAt);
      expect((journal[0]?.closedAt ?? 0) - (calm.upstream.journal.read()[0]?.closedAt ?? 0)).toBe(byMs);
    },
  );
});
