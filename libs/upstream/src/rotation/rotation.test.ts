import { beforeEach, describe, expect, it } from 'vitest';
import { spot } from '#libs/binance';
import { PoolBench } from '../pool/pool-bench.rig.js';
import { TIMINGS } from '../timings.js';

const A = 'ausdt@trade';
const B = 'busdt@trade';
const C = 'cusdt@trade';

let bench: PoolBench;
let id: number;
beforeEach(async () => {
  bench = await PoolBench.start({ settings: { streamsPerConnection: 2 } });
  id = 0;
});

/** Time passes, and each stream trades, on every connection that carries it. */
const flow = (ms: number): Promise<void> => bench.pass(ms, () => bench.trade((id += 1)));

/** One connection over which two streams flow. */
async function flowing(): Promise<void> {
  await bench.want(A, B);
  await flow(1_000);
  hush();
}

function hush(): void {
  for (const stream of [A, B, C]) bench.heard(stream);
  bench.logged.length = 0;
}

/** What was said of a stream since it was asked last, but its events. */
const states = (stream: string): string[] => bench.heard(stream).filter((what) => !/^\d+$/.test(what));

const rotations = async (): Promise<string[]> =>
  (await bench.parts.metrics.registry.getSingleMetricAsString('holdfast_upstream_rotations_total'))
    .split('\n')
    .filter((line) => !line.startsWith('#') && line !== '' && !line.endsWith(' 0'))
    .map((line) => line.replace(/^\w+\{reason="(.*)",result="(.*)"\} (.*)$/, '$1 $2 $3'));

/** Time passes, and nothing trades. */
const quiet = (ms: number): Promise<void> => bench.pass(ms);

/** Opens a connection that brings what it is to carry, and is not known to carry it: it may not take over yet. */
function openUnconfirmed(at: number): void {
  bench.wire(at).isDeaf = true;
  bench.wire(at).open(bench.clock.now());
}

/** Begins a replacement that is not connected before the test says so. */
async function begin(): Promise<void> {
  bench.isReachable = false;
  bench.upstream.pool.rotate('operator');
  await flow(200);
}

describe('a replacement that delivers', () => {
  it('takes over: no event is missing or doubled, no state changes, and it is logged and counted', async () => {
    await flowing();
    const from = id;
    bench.upstream.pool.rotate('operator');
    await flow(2_000);
    expect(bench.heard(A)).toEqual(Array.from({ length: id - from }, (_, at) => `${from + at + 1}`));
    expect(bench.carried).toEqual([`${A} ${B}`]);
    expect(bench.upstream.pool.lines.map(({ generation }) => generation)).toEqual([2]);
    expect(bench.endings).toEqual(['1 us replaced (its replacement took over): nothing: not needed any more']);
    expect(bench.logged.filter((line) => line.startsWith('rotation.'))).toEqual([
      'rotation.begun operator 2 opening a replacement',
      'rotation.done operator 2 the replacement took over',
    ]);
    expect(await rotations()).toEqual(['operator done 1']);
  });

  it('takes over at once, but not before Binance’s list says that it carries everything', async () => {
    await flowing();
    await begin();
    bench.wire(1).isDeaf = true;
    bench.wire(1).open(bench.clock.now());
    await flow(4_000);
    expect(bench.carried).toHaveLength(2);
    bench.wire(1).isDeaf = false;
    await flow(2_000);
    expect(bench.carried).toHaveLength(1);
  });

  it('takes over what is wanted meanwhile, too', async () => {
    await bench.want(A);
    await flow(1_000);
    await begin();
    await bench.want(A, B);
    bench.isReachable = true;
    await flow(5_000);
    expect(bench.carried).toEqual([`${A} ${B}`]);
    expect(states(B)).toEqual(['recovering subscribing', 'recovering acknowledged', 'live first-event']);
  });

  it('follows the line’s age, and the next one its own', async () => {
    bench = await PoolBench.start({ settings: { rotateAfterMs: 120_000 } });
    await flowing();
    for (const generation of [1, 2]) {
      await flow(115_000);
      expect(bench.upstream.pool.lines.map((line) => line.generation)).toEqual([generation]);
      await flow(8_000);
      expect(bench.upstream.pool.lines.map((line) => line.generation)).toEqual([generation + 1]);
    }
    expect(await rotations()).toEqual(['age done 2']);
  });
});

describe('a replacement that fails', () => {
  it('changes nothing, and another is tried after a wait that doubles each time', async () => {
    await flowing();
    await begin();
    const begunAt: number[] = [];
    for (let failures = 0; failures < 3; failures += 1) {
      begunAt.push(bench.clock.now());
      bench.wire(1 + failures).refuse(503);
      for (const end = bench.clock.now() + 60_000; bench.wires.length === failures + 2 && bench.clock.now() < end;)
        await flow(100);
    }
    const waits = begunAt.map((at, nth) => (begunAt[nth + 1] ?? bench.clock.now()) - at);
    const { rotationRetryMs: first } = TIMINGS;
    for (const [nth, waitMs] of waits.entries()) {
      expect(waitMs).toBeGreaterThanOrEqual(first * 2 ** nth);
      expect(waitMs).toBeLessThan(first * 2 ** nth + 300);
    }
    expect([states(A), bench.carried]).toEqual([[], [`${A} ${B}`]]);
    expect(bench.endings[0]).toBe('2 binance refused (HTTP 503): another replacement is tried later');
    expect(bench.logged).toContain('rotation.failed operator 2 its connection ended the replacement failed');
    expect(await rotations()).toEqual(['operator failed 3']);
  });

  it('to deliver everything in time is given up', async () => {
    await flowing();
    await begin();
    bench.wire(1).open(bench.clock.now());
    await bench.pass(TIMINGS.rotationMs - 300, () => bench.trade((id += 1), [bench.wire(0)]));
    expect(bench.carried).toHaveLength(2);
    await bench.pass(400, () => bench.trade((id += 1), [bench.wire(0)]));
    expect([bench.carried.length, states(A)]).toEqual([1, []]);
    expect(bench.endings).toEqual([expect.stringMatching(/^2 us not-needed \(the replacement failed\)/)]);
    expect(bench.logged).toContain(
      'rotation.failed operator 2 it did not deliver everything in time the replacement failed',
    );
  });

  it('is not given up for the time in which it was not allowed to dial', async () => {
    await flowing();
    void bench.bus.budget.hold(spot.channels.attempts, TIMINGS.rotationMs);
    bench.upstream.pool.rotate('operator');
    await flow(TIMINGS.rotationMs + 3_000);
    expect(await rotations()).toEqual(['operator done 1']);
    expect(states(A)).toEqual([]);
  });

  it('because it brings what is no UTF-8 is not trusted with anything', async () => {
    await flowing();
    await begin();
    bench.wire(1).open(bench.clock.now());
    bench.wire(1).garble();
    await flow(100);
    expect([bench.carried, states(A)]).toEqual([[`${A} ${B}`], []]);
    expect(bench.logged).toContain('rotation.failed operator 2 it cannot be trusted the replacement failed');
    expect(bench.logged).toContain('line.distrusted 2 tainted bad frames: bad-utf8 a connection is to be replaced');
  });
});

describe('when the line that is to be replaced drops', () => {
  it('its replacement takes over at once where it is up, and only streams that it has not brought yet are told', async () => {
    await flowing();
    await begin();
    openUnconfirmed(1);
    await bench.pass(100, () => {
      id += 1;
      bench.trade(id, [bench.wire(0)]);
      bench.wire(1).trade(A, id);
    });
    bench.wire(0).drop();
    expect(bench.upstream.pool.lines.map(({ generation }) => generation)).toEqual([2]);
    await flow(300);
    expect(states(A)).toEqual([]);
    expect(states(B)).toEqual([
      'recovering connection-lost ended by the network: dropped 1006; generation 2 takes over',
      'live resumed',
    ]);
    expect(bench.endings).toEqual(['1 transport dropped (undefined): generation 2 takes over']);
    expect(bench.logged).toContain('rotation.promoted operator 2 the replacement took over');
    expect([await rotations(), bench.wires.length]).toEqual([['operator promoted 1'], 2]);
  });

  it('the line comes back by itself where the replacement is not up, which is not needed then', async () => {
    await flowing();
    await begin();
    bench.wire(0).drop();
    bench.isReachable = true;
    await quiet(500);
    await flow(500);
    expect(states(A)).toEqual([
      'recovering connection-lost ended by the network: dropped 1006; next attempt in 0.0 s',
      'live resumed',
    ]);
    expect(bench.upstream.pool.lines.map(({ generation }) => generation)).toEqual([1]);
    expect(bench.endings).toEqual([
      '1 transport dropped (undefined): next attempt in 0.0 s',
      '2 us not-needed (the line it was to replace has dropped and reconnects): nothing: not needed any more',
    ]);
    expect(bench.logged).toContain(
      'rotation.failed operator 2 the line it was to replace has dropped the replacement failed',
    );
  });
});

describe('streams are told', () => {
  it('that the line is lost and when the next attempt is made, and that they are back', async () => {
    await flowing();
    bench.isReachable = false;
    bench.wire(0).drop();
    await quiet(100);
    bench.wire(1).refuse(503);
    await quiet(100);
    bench.isReachable = true;
    await quiet(1_000);
    await flow(500);
    expect(states(A)).toEqual([
      'recovering connection-lost ended by the network: dropped 1006; next attempt in 0.0 s',
      'stale connection-refused ended by Binance: refused HTTP 503; next attempt in 0.0 s',
      'live resumed',
    ]);
  });

  it('that no attempt is allowed now, and for how long', async () => {
    await flowing();
    await bench.bus.budget.hold(spot.channels.attempts, 7_000);
    bench.wire(0).drop();
    await quiet(6_900);
    expect(states(A).at(-1)).toBe('stale reconnecting no attempt to connect is allowed now; the next one in 7.0 s');
    expect(bench.logged).toContain('line.held 1 7000 no attempt to connect is allowed now; the next one in 7.0 s');
    await quiet(500);
    await flow(500);
    expect(states(A)).toEqual(['live resumed']);
  });

  it('the same when they are wanted while there is no line', async () => {
    await bench.want(A);
    await flow(1_000);
    bench.isReachable = false;
    bench.wire(0).drop();
    await bench.want(A, B);
    const lost = 'recovering connection-lost ended by the network: dropped 1006; next attempt in 0.0 s';
    expect(states(B)).toEqual(['recovering subscribing', lost]);
    bench.isReachable = true;
    await quiet(1_000);
    await flow(200);
    expect(states(B)).toEqual(['live first-event']);
    bench.wire(1).isDeaf = true;
    await bench.want(A, C);
    expect(states(C)).toEqual(['recovering subscribing']);
  });

  it('that Binance refuses them, in its words, and nobody else is', async () => {
    await bench.want(A);
    await flow(1_000);
    hush();
    bench.wire(0).refuses.add(B);
    await bench.want(A, B);
    await flow(1_000);
    expect(states(B)).toEqual(['recovering subscribing', 'refused refused-by-binance Binance: 2 Invalid request']);
    expect(states(A)).toEqual([]);
    expect(bench.logged).toContain(`line.streams-refused 1 ${B} 2 Invalid request Binance refuses streams`);
  });
});

describe('a line that two slots are to share', () => {
  /** Two connections with one stream each, of which the first is to be replaced. */
  async function sharing(): Promise<void> {
    await bench.want(A, B, C);
    await bench.want(A, C);
    await flow(2_000);
    hush();
    bench.isReachable = false;
    bench.upstream.pool.rotate('operator', 1);
    await flow(200);
  }

  it('carries on for the other one while its own line reconnects', async () => {
    await sharing();
    openUnconfirmed(2);
    await flow(200);
    bench.wire(1).drop();
    await flow(300);
    expect(states(C)).toEqual([]);
    expect(bench.carried).toEqual([A, `${A} ${C}`]);
  });

  it('and is given up while the other one’s own line is down leaves its streams without any, which they are told', async () => {
    await sharing();
    openUnconfirmed(2);
    await flow(200);
    bench.wire(1).drop();
    await flow(200);
    bench.wire(2).drop();
    await quiet(100);
    expect(states(C)).toEqual(['recovering connection-lost its connection is not back yet']);
    expect(states(A)).toEqual([]);
    bench.isReachable = true;
    await quiet(1_000);
    await flow(1_000);
    expect([states(C), bench.carried.toSorted()]).toEqual([['live resumed'], [A, C]]);
  });

  it('and does not come up says nothing of the other one’s streams, which know already why they have none', async () => {
    await sharing();
    await bench.bus.budget.hold(spot.channels.attempts, 60_000);
    bench.wire(1).drop();
    await quiet(100);
    expect(states(C).at(-1)).toMatch(/^stale reconnecting/);
    bench.wire(2).refuse(503);
    await quiet(100);
    expect(states(C)).toEqual([]);
  });

  it('takes the first one’s place alone when its line drops, and the other stays on its own', async () => {
    await sharing();
    openUnconfirmed(2);
    await flow(200);
    bench.wire(0).drop();
    bench.wire(2).isDeaf = false;
    await flow(10_000);
    expect([states(A), states(C), bench.carried]).toEqual([[], [], [C, A]]);
  });

  it('leaves what the other one carries no longer', async () => {
    await sharing();
    openUnconfirmed(2);
    await flow(200);
    await bench.want(A);
    bench.wire(2).isDeaf = false;
    await flow(10_000);
    expect([states(A), bench.carried.filter((names) => names !== '')]).toEqual([[], [A]]);
  });
});
