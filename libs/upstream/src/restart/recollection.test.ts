import { expect, it, vi } from 'vitest';
import { spot } from '#libs/binance';
import { MemoryBus } from '#libs/bus';
import { encode, encodeMark, encodeReached } from '#libs/core';
import { FakeClock } from '../../../../test/support/fake-clock.js';
import { streamOf, trade } from '../../../../test/support/series-rig.js';
import { RECALL_MS, Recollection } from './recollection.js';

const STREAM = streamOf('btcusdt@trade');
const EVENT = trade(5);
const LONGEST_MS = 10_000;

/** Knows one stream, whose upstream before was heard so long ago. */
async function recollection(agoMs = 0): Promise<{ memory: Recollection; clock: FakeClock }> {
  const clock = new FakeClock(1_000_000);
  const bus = new MemoryBus({ clock });
  const event = encode({ ...EVENT, receivedAt: clock.now() - agoMs });
  await bus.marks.write(
    spot.channels.marks,
    new Map([[STREAM.name, encodeMark({ place: { epoch: 7, seq: 3 }, event })]]),
  );
  const memory = new Recollection({ market: spot, bus, clock, answersMs: 1_000, longestDowntimeMs: LONGEST_MS });
  await memory.gather();
  return { memory, clock };
}

it('recalls a stream once: whoever wants it again follows what this upstream has said of it', async () => {
  const { memory } = await recollection();
  expect(memory.recall(STREAM)).toMatchObject({ place: { epoch: 7, seq: 3 }, event: { id: 5 }, goneSince: undefined });
  expect(memory.recall(STREAM)).toBeUndefined();
});

it('recalls a stream that is wanted within a minute, and none that is wanted later', async () => {
  const [early, late] = [await recollection(), await recollection()];
  early.clock.advance(RECALL_MS);
  late.clock.advance(RECALL_MS + 1);
  expect([early.memory.recall(STREAM)?.place.seq, late.memory.recall(STREAM)]).toEqual([3, undefined]);
});

it('begins a stream anew after a longer time without an upstream than the longest, not after that', async () => {
  const [long, longer] = [await recollection(LONGEST_MS), await recollection(LONGEST_MS + 1)];
  expect(long.memory.recall(STREAM)?.goneSince).toBeUndefined();
  expect(longer.memory.recall(STREAM)?.goneSince).toBe(longer.clock.now() - LONGEST_MS - 1);
});

it('waits no longer than until all of these edges have said all', async () => {
  const clock = new FakeClock(1_000_000);
  const bus = new MemoryBus({ clock });
  Object.assign(bus, { isShared: true });
  const memory = new Recollection({ market: spot, bus, clock, answersMs: 1_000, longestDowntimeMs: LONGEST_MS });
  let isOver = false;
  void memory.gatherWithin(300, new Set(['one', 'two'])).then(() => (isOver = true));
  const says = async (edge: string, part?: [number, number]): Promise<boolean> => {
    bus.messages.publish(spot.channels.reached, encodeReached({ edge, marks: [], ...(part && { part }) }));
    for (let turn = 0; turn < 10; turn += 1) await Promise.resolve();
    return isOver;
  };
  const before = [await says('one', [0, 2]), await says('one', [0, 2]), await says('two'), await says('two', [0, 1])];
  expect(before).toEqual([false, false, false, false]);
  // Somebody who has just begun has nothing to say, and is not meant.
  expect(await says('three', [0, 1])).toBe(false);
  expect([await says('one', [1, 2]), memory.hasGathered]).toEqual([true, true]);
});

it('waits as long as it is told where edges do not say how much they have to say', async () => {
  const clock = new FakeClock(1_000_000);
  const bus = new MemoryBus({ clock });
  Object.assign(bus, { isShared: true });
  const memory = new Recollection({ market: spot, bus, clock, answersMs: 1_000, longestDowntimeMs: LONGEST_MS });
  const gathering = memory.gatherWithin(300, new Set(['one', 'two']));
  for (let turn = 0; turn < 10; turn += 1) await Promise.resolve();
  clock.advance(299);
  expect(clock.pending).toBe(1);
  clock.advance(1);
  await gathering;
  expect(memory.hasGathered).toBe(true);
});

it('waits no longer than it is told where the bus brings nothing, and takes nothing that comes later', async () => {
  const clock = new FakeClock(1_000_000);
  const bus = new MemoryBus({ clock });
  Object.assign(bus, { isShared: true });
  let giveMarks: (marks: Map<string, string>) => void = () => undefined;
  vi.spyOn(bus.marks, 'read').mockReturnValue(new Promise((resolve) => (giveMarks = resolve)));
  const memory = new Recollection({ market: spot, bus, clock, answersMs: 1_000, longestDowntimeMs: LONGEST_MS });
  const gathering = memory.gatherWithin(300, new Set());
  clock.advance(300);
  await gathering;
  const event = encode({ ...EVENT, receivedAt: clock.now() });
  giveMarks(new Map([[STREAM.name, encodeMark({ place: { epoch: 7, seq: 3 }, event })]]));
  for (let turn = 0; turn < 10; turn += 1) await Promise.resolve();
  expect([memory.isFresh, memory.recall(STREAM)]).toEqual([true, undefined]);
});
