import { beforeEach, describe, expect, it } from 'vitest';
import { spot } from '#libs/binance';
import { MemoryBus } from '#libs/bus';
import { type StreamEvent, decode, decodeMark, encodeDemand, encodeHeartbeat, encodeMark } from '#libs/core';
import { silentDial, type SocketEvents } from '#libs/link';
import { Ops, UpstreamSettings } from '#libs/runtime';
import { FakeClock } from '../../../../test/support/fake-clock.js';
import { upstreamParts } from '../../../../test/support/upstream-parts.js';
import { Upstream } from '../upstream.js';

const BUSY = 'btcusdt@trade';
const SILENT = 'ethusdt@trade';
const LATE = 'bnbusdt@trade';
const LEASE_MS = 2_000;
const STEP_MS = 50;

/** One of several upstreams, with a clock and a line of its own: where its clock stands still it is frozen. */
class OneOfSeveral {
  readonly clock = new FakeClock();
  readonly sockets: SocketEvents[] = [];
  readonly ops = new Ops();
  readonly upstream: Upstream;
  private isOpen = false;

  constructor(bus: MemoryBus) {
    const settings = Object.assign(new UpstreamSettings(), { wsUrl: 'ws://an.exchange', standby: true });
    const { clock, ops } = this;
    const parts = { ...upstreamParts(), market: spot, bus, clock, ops, dial: silentDial(this.sockets) };
    this.upstream = new Upstream(settings, parts);
  }

  /** Lets time go by; a line that was dialled opens, and carries all that it was asked for. */
  pass(): void {
    this.clock.advance(STEP_MS);
    const [socket] = this.sockets;
    if (!socket || this.isOpen) return;
    this.isOpen = true;
    socket.opened({});
    socket.message(Buffer.from(`{"result":["${BUSY}","${SILENT}"],"id":1}`), false);
  }

  brings(id: number): void {
    const data = `{"e":"trade","E":1,"s":"BTCUSDT","t":${id},"p":"1","q":"1","T":1,"m":true,"M":true}`;
    this.sockets[0]?.message(Buffer.from(`{"stream":"${BUSY}","data":${data}}`), false);
  }

  /** Binance says no to whatever it was asked last. */
  refuses(error: string): void {
    for (let id = 1; id < 20; id += 1) {
      this.sockets[0]?.message(Buffer.from(`{"error":${error},"id":${id}}`), false);
    }
  }

  get term(): Record<string, unknown> {
    const { term } = this.ops.readStatus() as { term: Record<string, unknown> };
    return term;
  }
}

let world: FakeClock;
let bus: MemoryBus;
let said: Map<string, StreamEvent[]>;
let demanded: string[];

beforeEach(() => {
  world = new FakeClock();
  bus = new MemoryBus({ clock: world });
  demanded = [BUSY, SILENT];
  said = new Map([BUSY, SILENT, LATE].map((name) => [name, []]));
  listen();
});

function listen(): void {
  for (const [name, events] of said) {
    bus.messages.subscribe(spot.channels.stream(name), (text) => {
      const event = decode(text);
      if (!event.ok) throw new Error(event.problem);
      events.push(event.value);
    });
  }
}

/** Time goes by for the world and for these. */
async function pass(ms: number, ...ones: readonly OneOfSeveral[]): Promise<void> {
  for (let gone = 0; gone < ms; gone += STEP_MS) {
    if (gone % 1_000 === 0) bus.messages.publish(spot.channels.demand, encodeDemand({ edge: 'e', streams: demanded }));
    world.advance(STEP_MS);
    for (const one of ones) one.pass();
    for (let turn = 0; turn < 30; turn += 1) await Promise.resolve();
  }
}

async function begin(...before: readonly OneOfSeveral[]): Promise<OneOfSeveral> {
  const one = new OneOfSeveral(bus);
  await one.upstream.start();
  await pass(3_000, ...before, one);
  return one;
}

/** What was said of a stream: ids of trades; states, and behind what they stand. */
const heard = (name: string): unknown[] =>
  (said.get(name) ?? []).map((event) => {
    if (event.type === 'trade') return event.id;
    if (event.type !== 'feed') return event.type;
    return event.follows ? `${event.state} behind ${event.follows.seq}` : `${event.state} ${event.cause}`;
  });

const forget = (): void => said.forEach((events) => events.splice(0));

describe('of several upstreams', () => {
  it('the first publishes, and others say nothing', async () => {
    const leader = await begin();
    leader.brings(1);
    const other = await begin(leader);
    for (const one of [leader, other]) one.brings(2);
    expect([leader.term['role'], other.term['role']]).toEqual(['leading', 'following']);
    expect(heard(BUSY)).toEqual(['recovering acknowledged', 'live first-event', 1, 2]);
  });

  it('another goes on within a lease where one has frozen, with all that it had not said', async () => {
    const leader = await begin();
    leader.brings(1);
    const other = await begin(leader);
    for (const one of [leader, other]) one.brings(2);
    const before = said.get(BUSY)?.at(-1);
    forget();
    // The leader reads nothing more.
    for (const id of [3, 4]) other.brings(id);
    await pass(LEASE_MS + 300, other);
    other.brings(5);
    expect(heard(BUSY)).toEqual([`live behind ${before?.seq}`, 3, 4, 5]);
    expect(said.get(BUSY)?.every(({ epoch }) => epoch > (before?.epoch ?? Infinity))).toBe(true);
  });

  it('one goes on behind the last message of a stream that was quiet all the time that it stood by', async () => {
    const leader = await begin();
    leader.brings(1);
    const other = await begin(leader);
    const before = said.get(BUSY)?.at(-1)?.seq;
    forget();
    await pass(LEASE_MS + 300, other);
    other.brings(2);
    expect(heard(BUSY)).toEqual([`live behind ${before}`, 2]);
  });

  it('one goes on behind the last state of a stream that has never brought anything', async () => {
    const leader = await begin();
    const other = await begin(leader);
    expect(other.term['unsure']).toBe(0);
    const before = said.get(SILENT)?.at(-1)?.seq;
    forget();
    await pass(LEASE_MS + 300, other);
    expect(heard(SILENT)).toEqual([`recovering behind ${before}`]);
  });

  it('one goes on behind the last message also of a stream that was wanted just before', async () => {
    const leader = await begin();
    leader.brings(1);
    const other = await begin(leader);
    demanded.push(LATE);
    await pass(STEP_MS, leader, other);
    const before = said.get(LATE)?.at(-1)?.seq;
    expect([before, other.term['unsure']]).toEqual([1, 1]);
    forget();
    await pass(LEASE_MS + 300, other);
    expect(heard(LATE)).toEqual(['recovering behind 1']);
    expect(other.term['unsure']).toBe(0);
  });

  it('one goes on behind what was said of a stream that Binance does not give', async () => {
    const leader = await begin();
    const other = await begin(leader);
    const refusal = '{"code":0,"msg":"Unknown property"}';
    demanded.push(LATE);
    await pass(STEP_MS, leader, other);
    for (let turn = 0; turn < 60; turn += 1) {
      for (const one of [leader, other]) one.refuses(refusal);
      await pass(STEP_MS, leader, other);
    }
    expect(other.term['unsure']).toBe(0);
    const before = said.get(LATE)?.at(-1);
    forget();
    await pass(LEASE_MS + 300, other);
    expect(heard(LATE)).toEqual([`refused behind ${before?.seq}`]);
  });

  it('one that thaws after it was followed says nothing more, and stands by', async () => {
    const leader = await begin();
    leader.brings(1);
    const other = await begin(leader);
    await pass(LEASE_MS + 300, other);
    forget();
    leader.brings(2);
    await pass(1_000, leader, other);
    leader.brings(3);
    other.brings(2);
    other.brings(3);
    expect(heard(BUSY)).toEqual([2, 3]);
    expect([leader.term['role'], other.term['role']]).toEqual(['following', 'leading']);
  });

  it('that one goes on where the other has frozen in its turn', async () => {
    const first = await begin();
    first.brings(1);
    const second = await begin(first);
    await pass(LEASE_MS + 300, second);
    await pass(3_000, first, second);
    for (const one of [second, first]) one.brings(2);
    forget();
    first.brings(3);
    await pass(LEASE_MS + 300, first);
    expect(heard(BUSY).slice(1)).toEqual([3]);
    expect(first.term['role']).toBe('leading');
  });

  it('another goes on at once where one is told to end, and nothing is said of that', async () => {
    const leader = await begin();
    leader.brings(1);
    const other = await begin(leader);
    const before = said.get(BUSY)?.at(-1)?.seq;
    forget();
    const isDrained = leader.upstream.drain();
    for (const one of [leader, other]) one.brings(2);
    await pass(STEP_MS, leader, other);
    expect(other.term['role']).toBe('leading');
    await isDrained;
    await leader.upstream.stop();
    other.brings(3);
    expect(heard(BUSY)).toEqual([`live behind ${before}`, 2, 3]);
    expect(heard(SILENT)).toHaveLength(1);
  });

  it('one that is told to end says so where nobody can go on', async () => {
    const leader = await begin();
    leader.brings(1);
    forget();
    const isDrained = leader.upstream.drain();
    leader.brings(2);
    await pass(8_000, leader);
    await isDrained;
    leader.brings(3);
    expect(heard(BUSY)).toEqual([2, 'stale stopped']);
    const marks = await bus.marks.read(spot.channels.marks);
    expect(decodeMark(marks.get(BUSY) ?? '')?.place.seq).toBe(said.get(BUSY)?.at(-1)?.seq);
  });

  it('another goes on at once where one ends without having been told', async () => {
    const leader = await begin();
    leader.brings(1);
    const other = await begin(leader);
    void leader.upstream.stop();
    await pass(200, other);
    other.brings(2);
    expect(heard(BUSY).slice(-1)).toEqual([2]);
    expect(other.term['role']).toBe('leading');
  });

  it('the first goes on where marks of one that is gone say that it was, and begins anew where that is too long ago', async () => {
    const leave = async (event: string): Promise<void> => {
      await bus.marks.write(spot.channels.marks, new Map([[BUSY, encodeMark({ place: { epoch: 5, seq: 9 }, event })]]));
    };
    const trade = (receivedAt: number): string =>
      `{"type":"trade","stream":"${BUSY}","epoch":5,"seq":9,"symbol":"BTCUSDT","receivedAt":${receivedAt},"id":7,"price":"1","quantity":"1","taker":"buy","tradedAt":1}`;
    await leave(trade(world.now() - 10_000));
    const first = await begin();
    first.brings(8);
    expect(heard(BUSY)[0]).toBe('recovering behind 9');
    expect(heard(BUSY).slice(-1)).toEqual([8]);
    await first.upstream.stop();
    forget();
    bus = new MemoryBus({ clock: world });
    listen();
    await leave(trade(world.now() - 700_000));
    await begin();
    expect(heard(BUSY)[0]).toBe('gap ids-missing');
    expect(said.get(BUSY)?.[0]).toMatchObject({ message: expect.stringContaining('no upstream since') as string });
  });

  it('one begins a higher term where edges know of one in which nobody is there', async () => {
    // Nobody else knows where it was.
    bus.marks.write = () => Promise.resolve();
    const leader = await begin();
    leader.brings(1);
    const { epoch, seq } = said.get(BUSY)?.at(-1) ?? { epoch: 0, seq: 0 };
    forget();
    const demand = encodeDemand({ edge: 'e', streams: [BUSY, SILENT], epoch: epoch + 1_000_000 });
    bus.messages.publish(spot.channels.demand, demand);
    await pass(3_000, leader);
    leader.brings(2);
    expect(heard(BUSY)).toEqual([`live behind ${seq}`, 2]);
    expect(said.get(BUSY)?.at(-1)?.epoch).toBeGreaterThan(epoch + 1_000_000);
  });

  it('one that publishes leaves it to somebody who publishes above the lease, as long as he does', async () => {
    const leader = await begin();
    leader.brings(1);
    const stranger = (said.get(BUSY)?.at(-1)?.epoch ?? 0) + 1_000_000_000;
    forget();
    for (let beat = 0; beat < 8; beat += 1) {
      bus.messages.publish(spot.channels.heartbeat, encodeHeartbeat({ epoch: stranger, at: 1, places: new Map() }));
      await pass(1_000, leader);
    }
    leader.brings(2);
    expect([leader.term['role'], heard(BUSY)]).toEqual(['following', []]);
    await pass(5_000, leader);
    expect(leader.term['role']).toBe('leading');
    expect(said.get(BUSY)?.every(({ epoch }) => epoch > stranger)).toBe(true);
  });

  it('one whose claim for a higher term is not answered says nothing before it is', async () => {
    const leader = await begin();
    leader.brings(1);
    const { epoch } = said.get(BUSY)?.at(-1) ?? { epoch: 0 };
    forget();
    const { lease } = bus;
    const claim = lease.claim.bind(lease);
    lease.claim = () => Promise.reject(new Error('no answer'));
    const demand = encodeDemand({ edge: 'e', streams: [BUSY, SILENT], epoch: epoch + 1_000_000 });
    bus.messages.publish(spot.channels.demand, demand);
    await pass(4_000, leader);
    leader.brings(2);
    expect([leader.term['role'], heard(BUSY)]).toEqual(['succeeding', []]);
    lease.claim = claim;
    await pass(300, leader);
    expect(leader.term['role']).toBe('leading');
    expect(heard(BUSY).slice(1)).toEqual([2]);
  });

  it('one that stands by is ready once it is sure of every stream, and not before', async () => {
    const leader = await begin();
    leader.brings(1);
    const other = new OneOfSeveral(bus);
    await other.upstream.start();
    await pass(500, leader, other);
    expect(Object.keys(other.ops.readTroubles())).toContain('term');
    await pass(2_500, leader, other);
    expect(Object.keys(other.ops.readTroubles())).not.toContain('term');
  });
});
