import { beforeEach, describe, expect, it } from 'vitest';
import { PoolBench } from '../pool/pool-bench.rig.js';
import type { Slot } from '../rotation/slot.js';

const A = 'ausdt@trade';
const B = 'busdt@trade';
const AGE_MS = 120_000;
const SHUTDOWN = '{"stream":"!serverShutdown","data":{"e":"serverShutdown","E":1770123456789}}';

let bench: PoolBench;

const start = async (settings: object = {}): Promise<void> => {
  bench = await PoolBench.start({ settings: { spareLine: true, ...settings } });
};

beforeEach(() => start());

/** Both lines are open and carry these, and their first trade has come: the slot's own is 0, the spare one 1. */
async function begin(...streams: string[]): Promise<void> {
  await bench.want(...streams);
  await bench.pass(300);
  bench.trade(1);
  for (const stream of streams) bench.heard(stream);
}

const slot = (): Slot => {
  const [first] = bench.upstream.pool.all;
  if (!first) throw new Error('nothing is carried');
  return first;
};
const spares = () => bench.upstream.pool.spares;
const view = () => spares().of(slot())?.view;
const trade = (at: number, ...ids: number[]): void => ids.forEach((id) => bench.wire(at).trade(A, id));
const coded = (code: string): string[] => bench.logged.filter((line) => line.startsWith(code));
/** How the connections of this generation ended. */
const ended = (generation: number): string[] => bench.endings.filter((line) => line.startsWith(`${generation} `));

describe('a spare line that ages', () => {
  it('is replaced when it is as old as a line may be, not before', async () => {
    await start({ rotateAfterMs: AGE_MS });
    await begin(A);
    const until = (view()?.dueAt ?? 0) - bench.clock.now();
    expect(until).toBeGreaterThan(AGE_MS / 2);
    // Its own line is due at the same time, and is replaced first: a spare one waits until that has settled.
    let id = 1;
    await bench.pass(until - 1_000, () => bench.trade((id += 1)));
    expect(ended(2)).toEqual([]);
    await bench.pass(20_000, () => bench.trade((id += 1)));
    expect(ended(2)).toEqual(['2 us replaced (its replacement took over): nothing: not needed any more']);
    expect([view()?.state, bench.carried]).toEqual(['keeping', [A, A]]);
  });

  it('forgets what is too old, also when nothing follows', async () => {
    await start({ spareMs: 5_000 });
    await begin(A);
    expect(view()?.bytes).toBeGreaterThan(0);
    await bench.pass(6_000);
    expect(view()?.bytes).toBe(0);
  });
});

describe('a spare line that goes', () => {
  it('is replaced when its server says goodbye, which is logged', async () => {
    await begin(A);
    bench.wire(1).say(SHUTDOWN);
    await bench.pass(100);
    expect(bench.wire(1).ended).toBe('close 1000');
    expect(coded('line.distrusted')).toEqual([
      'line.distrusted 2 server-shutdown its server is shutting down a spare connection is to be replaced',
    ]);
    expect([view()?.state, bench.carried]).toEqual(['keeping', [A, A]]);
  });

  it('is replaced for an operator, whose journal says why, and its late end is nothing to the new one', async () => {
    await begin(A);
    bench.wire(1).lingers = true;
    spares().renew(() => true);
    await bench.pass(300);
    expect(view()?.state).toBe('keeping');
    bench.wire(1).leave();
    expect(view()?.state).toBe('keeping');
    expect(ended(2)).toEqual(['2 us replaced (its replacement took over): nothing: not needed any more']);
    trade(2, 2);
    bench.wire(0).drop();
    expect(bench.heard(A)).toEqual(['2']);
  });

  it('dials again when it has dropped, as its journal says', async () => {
    await begin(A);
    bench.wire(1).drop();
    expect(view()?.state).toBe('away');
    expect(ended(2)).toEqual(['2 transport dropped (undefined): next attempt in 0.0 s']);
    await bench.pass(2_000);
    expect([view()?.state, bench.carried]).toEqual(['keeping', [A, A]]);
  });

  it('does not dial again when it drops and nothing is wanted any more', async () => {
    await begin(A);
    await bench.want();
    bench.wire(1).drop();
    expect([view()?.state, view()?.line]).toEqual(['none', undefined]);
    expect(ended(2)).toEqual(['2 transport dropped (undefined): nothing: not needed any more']);
    await bench.pass(30_000);
    expect(bench.wires).toHaveLength(2);
    await bench.want(A);
    await bench.pass(500);
    expect([view()?.state, bench.carried]).toEqual(['keeping', [A, A]]);
  });

  it('goes with its slot, and nothing of it is left', async () => {
    await begin(A);
    const gone = slot();
    await bench.want();
    await bench.pass(61_000);
    expect([spares().of(gone), spares().lines, bench.wire(1).ended]).toEqual([undefined, [], 'close 1000']);
    expect(ended(2)).toEqual(['2 us not-needed (nobody wants its streams): nothing: not needed any more']);
    await spares().letGo(gone, 'unneeded');
  });

  it('goes where it was never dialled', async () => {
    bench.isReachable = false;
    await bench.want(A);
    await bench.pass(300);
    expect([view()?.state, bench.wires.length]).toEqual(['none', 1]);
    await bench.want(A, B);
    await spares().letGo(slot(), 'unneeded');
    expect(spares().standIn(slot())).toBeUndefined();
  });
});

describe('a spare line that stands in', () => {
  it('is told of: which line, and of which', async () => {
    await begin(A);
    bench.wire(0).drop();
    expect(coded('spare.stands-in')).toEqual(['spare.stands-in 2 1 a spare line brings the streams']);
  });

  it('has what it kept before something else was wanted', async () => {
    await begin(A);
    trade(1, 2, 3);
    await bench.want(A, B);
    bench.wire(0).drop();
    expect(bench.heard(A)).toEqual(['2', '3']);
  });

  it('does at once when it is back before the other one', async () => {
    await begin(A);
    bench.wire(1).drop();
    bench.isReachable = false;
    await bench.pass(1_000);
    bench.wire(0).drop();
    expect(bench.heard(A)).toEqual([expect.stringMatching(/^recovering connection-lost/)]);
    bench.wire(2).open(bench.clock.now());
    expect(view()?.state).toBe('standing-in');
  });

  it('is no source of a stream that it was not given yet, which is said to recover', async () => {
    await begin(A);
    bench.wire(1).isDeaf = true;
    await bench.want(A, B);
    await bench.pass(500);
    bench.wire(0).trade(B, 1);
    bench.heard(B);
    bench.wire(0).drop();
    expect(bench.heard(B)).toEqual([expect.stringMatching(/^recovering connection-lost/)]);
    expect(bench.heard(A)).toEqual([]);
  });

  it('brings nothing that came before a stream’s first event', async () => {
    await bench.want(A);
    await bench.pass(300);
    bench.heard(A);
    trade(1, 1, 2, 3);
    bench.wire(0).drop();
    expect(bench.heard(A)).toEqual([]);
    trade(1, 4);
    expect(bench.heard(A)).toEqual(['live first-event', '4']);
  });

  it('leaves out a frame that nobody can read, and reads those before and after it', async () => {
    await begin(A);
    trade(1, 2);
    bench.wire(1).say(`{"stream":"${A}","data":{"e":"trade","t":"x"}}`);
    trade(1, 3);
    bench.wire(0).drop();
    expect(bench.heard(A)).toEqual(['2', '3']);
  });

  it('reads only what came since a stream without ids was heard', async () => {
    const stream = 'ausdt@miniTicker';
    await bench.want(stream);
    await bench.pass(300);
    const ticker = (at: number): void => {
      const E = bench.clock.now();
      const data = `{"e":"24hrMiniTicker","E":${E},"s":"AUSDT","c":"1","o":"1","h":"1","l":"1","v":"1","q":"1"}`;
      bench.wire(at).say(`{"stream":"${stream}","data":${data}}`);
    };
    await bench.pass(3_000, () => [0, 1].forEach(ticker));
    await bench.pass(500, () => ticker(1));
    const { read } = spares().counts;
    bench.wire(0).drop();
    // Those of the last half second, and of the one before in which either line may be behind the other.
    expect(spares().counts.read - read).toBeGreaterThanOrEqual(15);
    expect(spares().counts.read - read).toBeLessThanOrEqual(17);
  });
});

it('without the setting there is no spare line', async () => {
  await start({ spareLine: false });
  await begin(A);
  await bench.pass(1_000);
  expect([bench.wires.length, spares().lines, spares().of(slot())]).toEqual([1, [], undefined]);
});

describe('of an upstream that stands by for another one', () => {
  it('a spare line is idle, and is there when it is our turn', async () => {
    await begin(A);
    const { streams } = bench.upstream;
    streams.mute();
    await bench.pass(1_000);
    expect([view(), spares().lines, ended(2)]).toEqual([
      undefined,
      [],
      [expect.stringContaining('not needed any more')],
    ]);
    await bench.pass(60_000);
    expect(bench.wires).toHaveLength(2);
    streams.beginSilently(9);
    for (const series of streams.wanted.values()) streams.speak(series, undefined, true);
    await bench.pass(1_000);
    expect([bench.wires.length, view()?.state]).toEqual([3, 'keeping']);
  });
});
