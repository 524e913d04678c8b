import { beforeEach, describe, expect, it } from 'vitest';
import { spot } from '#libs/binance';
import { MemoryBus } from '#libs/bus';
import { HEARTBEATS_MISSED, decodeHeartbeat } from '#libs/core';
import { silentLog } from '#libs/runtime';
import { TermKeeper } from './term.js';

let bus: MemoryBus;
let beats: number[];

beforeEach(() => {
  bus = new MemoryBus();
  beats = [];
  bus.messages.subscribe(spot.channels.heartbeat, (text) => beats.push(decodeHeartbeat(text)?.epoch ?? NaN));
});

/** An upstream as far as its term goes, and the terms that it has begun. */
async function upstream(): Promise<{ term: TermKeeper; begun: number[] }> {
  const begun: number[] = [];
  const begin = (epoch: number): void => void begun.push(epoch);
  const term = new TermKeeper({
    bus,
    channels: spot.channels,
    random: () => 0,
    log: silentLog,
    places: () => new Map(),
    begin,
  });
  await term.start();
  return { term, begun };
}

const settle = async (): Promise<void> => {
  for (let turn = 0; turn < 10; turn += 1) await Promise.resolve();
};

describe('a term', () => {
  it('says in its beats when it does not hear the bus', async () => {
    const { term } = await upstream();
    const heard: unknown[] = [];
    bus.messages.subscribe(spot.channels.heartbeat, (text) => heard.push(decodeHeartbeat(text)?.isDeaf));
    term.beat(1);
    Object.assign(bus.messages, { state: 'down' });
    term.beat(2);
    Object.assign(bus.messages, { state: 'up' });
    term.beat(3);
    expect(heard).toEqual([undefined, true, undefined]);
  });

  it('is taken at the start, and beaten while nobody has a newer one', async () => {
    const { term, begun } = await upstream();
    term.beat(1);
    term.beat(2);
    expect(begun).toHaveLength(1);
    expect(beats).toEqual([begun[0], begun[0]]);
  });

  it('that is overtaken is beaten no more, and a new one above it is taken when the other has fallen silent', async () => {
    const first = await upstream();
    const second = await upstream();
    second.term.beat(1);
    expect(first.term.overtaken).toBe(second.begun[0]);
    beats.length = 0;
    for (let beat = 0; beat < HEARTBEATS_MISSED; beat += 1) first.term.beat(beat);
    await settle();
    expect([beats, first.begun.length]).toEqual([[], 1]);
    first.term.beat(9);
    await settle();
    first.term.beat(10);
    expect(first.begun).toHaveLength(2);
    expect(first.begun[1]).toBeGreaterThan(second.begun[0] ?? NaN);
    expect([beats, first.term.overtaken]).toEqual([[first.begun[1]], undefined]);
  });

  it('is not taken again while the other lives, however long', async () => {
    const first = await upstream();
    const second = await upstream();
    for (let at = 0; at < 60; at += 1) {
      second.term.beat(at);
      first.term.beat(at);
      await settle();
    }
    expect(first.begun).toHaveLength(1);
  });

  it('is taken above one that only edges have seen, because a clock once ran ahead and Redis has forgotten it', async () => {
    const { term, begun } = await upstream();
    const ahead = (begun[0] ?? 0) + 3_600_000;
    term.sees(ahead);
    for (let beat = 0; beat <= HEARTBEATS_MISSED; beat += 1) {
      term.sees(ahead);
      term.beat(beat);
    }
    await settle();
    expect(begun[1]).toBeGreaterThan(ahead);
  });

  it('is not taken again because of a stall of our own', async () => {
    const first = await upstream();
    const second = await upstream();
    second.term.beat(1);
    for (let beat = 0; beat < 20; beat += 1) {
      first.term.pardon();
      first.term.beat(beat);
      await settle();
    }
    expect(first.begun).toHaveLength(1);
  });
});
