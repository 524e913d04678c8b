import { beforeEach, describe, expect, it } from 'vitest';
import { PoolBench } from '../pool/pool-bench.rig.js';

const A = 'ausdt@trade';
const B = 'busdt@trade';
const TICKER = 'ausdt@miniTicker';

let bench: PoolBench;

/** Both lines are open and carry these: the slot's own is 0, the spare one 1. */
async function begin(...streams: string[]): Promise<void> {
  await bench.want(...streams);
  await bench.pass(300);
  expect(bench.carried).toEqual([streams.join(' '), streams.join(' ')]);
}

beforeEach(async () => {
  bench = await PoolBench.start({ settings: { spareLine: true } });
});

const both = (stream: string, id: number): void => {
  for (const wire of bench.wires) wire.trade(stream, id);
};

const ticker = (at: number): void => {
  const E = bench.clock.now();
  const data = `{"e":"24hrMiniTicker","E":${E},"s":"AUSDT","c":"1","o":"1","h":"1","l":"1","v":"1","q":"1"}`;
  bench.wire(at).say(`{"stream":"${TICKER}","data":${data}}`);
};

const state = () => bench.upstream.pool.all.map((slot) => bench.upstream.pool.spares.of(slot)?.view.state)[0];

/** The states that a spare line is in while time passes. */
async function statesOver(ms: number, each: () => void = () => undefined): Promise<unknown[]> {
  const states = new Set<unknown>();
  for (let at = 0; at < ms; at += 100) {
    await bench.pass(100, each);
    states.add(state());
  }
  return [...states];
}

/** The slot's own line leaves one trade out, and the spare one brings it. */
function skip(): void {
  bench.wire(1).trade(A, 2);
  bench.wire(1).trade(A, 3);
  bench.wire(0).trade(A, 3);
}

describe('a line beside the one that stands in', () => {
  it('may be quiet where that one is, too, after it had its chance since then', async () => {
    await begin(A, B);
    for (const stream of [A, B]) both(stream, 1);
    await bench.pass(10_000);
    skip();
    await bench.pass(100);
    let id = 3;
    const goOn = (): void => both(A, (id += 1));
    expect(await statesOver(2_200, goOn)).toEqual(['standing-in']);
    await bench.pass(500, goOn);
    expect(state()).toBe('keeping');
  });

  it('has to bring what that one brings, also where no ids tell who is ahead', async () => {
    await begin(TICKER);
    ticker(0);
    ticker(1);
    await bench.pass(100);
    await bench.pass(1_500, () => ticker(1));
    expect(await statesOver(4_000, () => ticker(1))).toEqual(['standing-in']);
    ticker(0);
    await bench.pass(100);
    expect(state()).toBe('keeping');
  });

  it('may be a moment behind each time', async () => {
    await begin(A);
    both(A, 1);
    bench.wire(0).drop();
    let id = 1;
    const goOn = (): void => {
      bench.wires[2]?.trade(A, id);
      bench.wire(1).trade(A, (id += 1));
    };
    await bench.pass(2_000, goOn);
    expect(state()).toBe('keeping');
  });

  it('that is back is not whole while it says nothing and that one goes on', async () => {
    await begin(A);
    both(A, 1);
    bench.wire(0).drop();
    let id = 1;
    const goOn = (): void => bench.wire(1).trade(A, (id += 1));
    expect(await statesOver(4_000, goOn)).toEqual(['standing-in']);
  });

  it('that is back may be quiet, though that one had brought something before', async () => {
    await begin(A, B);
    for (const stream of [A, B]) both(stream, 1);
    bench.wire(0).drop();
    bench.wire(1).trade(B, 2);
    await bench.pass(1_000);
    let id = 1;
    await bench.pass(4_000, () => both(A, (id += 1)));
    expect(state()).toBe('keeping');
  });

  it('has proved nothing by what the connection before it brought', async () => {
    await begin(A, B);
    for (const stream of [A, B]) both(stream, 1);
    bench.wire(0).drop();
    await bench.pass(500);
    let id = 1;
    // B is not there yet on the one that is back.
    const goOn = (): void => {
      id += 1;
      both(A, id);
      bench.wire(1).trade(B, id);
    };
    await bench.pass(500, goOn);
    bench.wire(2).drop();
    await bench.pass(1_500);
    bench.wire(3).trade(A, id - 3);
    bench.wire(3).trade(B, id);
    await bench.pass(100);
    expect(state()).toBe('standing-in');
    bench.wire(3).trade(A, id);
    await bench.pass(100);
    expect(state()).toBe('keeping');
  });

  it('is not enough while that one is awaited for what it left out', async () => {
    await begin(A);
    both(A, 1);
    bench.wire(1).trade(A, 2);
    bench.wire(0).trade(A, 5);
    await bench.pass(100);
    bench.heard(A);
    bench.wire(0).trade(A, 6);
    await bench.pass(500);
    expect(state()).toBe('standing-in');
    for (const id of [3, 4]) bench.wire(1).trade(A, id);
    await bench.pass(0);
    expect(bench.heard(A)).toEqual(['3', '4', '5', '6', 'live filled']);
  });
});
