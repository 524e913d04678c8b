import { describe, expect, it } from 'vitest';
import { type ParsedStream, spot } from '#libs/binance';
import { settle } from '../../../../test/support/fake-link.js';
import { PoolBench, type PoolBenchOptions } from './pool-bench.rig.js';

const MINUTE = 60_000;
const [A, B, C, D, E] = ['a', 'b', 'c', 'd', 'e'].map((symbol) => `${symbol}usdt@trade`) as [
  string,
  string,
  string,
  string,
  string,
];

/** Two streams fit on a connection. */
const start = (options: PoolBenchOptions = {}): Promise<PoolBench> =>
  PoolBench.start({ ...options, settings: { streamsPerConnection: 2, ...options.settings } });

describe('streams', () => {
  it('are spread over as few connections as the limit allows', async () => {
    const bench = await start();
    await bench.want(A, B, C, D, E);
    expect(bench.carried).toEqual([`${A} ${B}`, `${C} ${D}`, E]);
    expect(bench.upstream.pool.lines.map(({ generation }) => generation)).toEqual([1, 2, 3]);
  });

  it('take places that have become free before they need another connection, and the others stay where they are', async () => {
    const bench = await start();
    await bench.want(A, B, C);
    await bench.want(A, C);
    await bench.want(A, C, D, E);
    await bench.pass(3_000);
    expect(bench.carried).toEqual([`${A} ${D}`, `${C} ${E}`]);
    expect(bench.wires).toHaveLength(2);
  });

  it('of different routes never share a connection', async () => {
    const market = { ...spot, route: ({ type }: ParsedStream) => (type === 'aggTrade' ? '/public' : '/market') };
    const bench = await start({ market });
    await bench.want('btcusdt@aggTrade', A, 'ethusdt@aggTrade', B);
    expect(bench.wires.map(({ url }) => url)).toEqual([
      'ws://binance/public/stream?streams=btcusdt@aggTrade/ethusdt@aggTrade',
      `ws://binance/market/stream?streams=${A}/${B}`,
    ]);
    await bench.want('btcusdt@aggTrade', A);
    await bench.pass(2_000);
    bench.upstream.pool.rotate('operator');
    await bench.pass(10_000);
    expect(bench.carried).toEqual(['btcusdt@aggTrade', A]);
  });

  it('that are not wanted any more are unsubscribed from', async () => {
    const bench = await start();
    await bench.want(A, B);
    await bench.want(A);
    await bench.pass(2_000);
    expect(bench.wire(0).requests).toContain(`UNSUBSCRIBE ${B}`);
    expect(bench.carried).toEqual([A]);
  });
});

describe('a connection that carries nothing', () => {
  it('is kept for a minute, so that whoever comes next needs no attempt, and then let go', async () => {
    const bench = await start();
    await bench.want(A, B, C);
    await bench.want(A, B);
    await bench.pass(MINUTE - 1_000);
    await bench.want(A, B, D);
    await bench.pass(10_000);
    expect([bench.carried, bench.wires.length]).toEqual([[`${A} ${B}`, D], 2]);
    await bench.want(A, B);
    await bench.pass(MINUTE - 1_000);
    expect(bench.carried).toHaveLength(2);
    await bench.pass(1_100);
    expect(bench.carried).toEqual([`${A} ${B}`]);
    expect(bench.endings).toEqual(['2 us not-needed (nobody wants its streams): nothing: not needed any more']);
    expect(bench.upstream.pool.all).toHaveLength(1);
  });

  it('is not repaired when it drops', async () => {
    const bench = await start();
    await bench.want(A);
    await bench.want();
    bench.wire(0).drop();
    await bench.pass(MINUTE);
    expect([bench.wires.length, bench.upstream.pool.all.length, bench.upstream.pool.lines.length]).toEqual([1, 0, 0]);
    expect(bench.endings).toEqual(['1 transport dropped (undefined): nothing: not needed any more']);
  });

  it('is let go at once where it was not up anyway', async () => {
    const bench = await start();
    bench.isReachable = false;
    await bench.want(A);
    await bench.want();
    await bench.pass(200);
    expect([bench.wire(0).ended, bench.upstream.pool.lines.length]).toEqual(['close 1000', 0]);
  });

  it('is not replaced', async () => {
    const bench = await start();
    await bench.want(A);
    await bench.want();
    expect(bench.upstream.pool.rotate('operator')).toEqual([]);
    await bench.pass(10_000);
    expect(bench.wires).toHaveLength(1);
  });
});

describe('an operator', () => {
  it('replaces every connection, or the one that is named, and is told which', async () => {
    const bench = await start();
    await bench.want(A, B, C, D);
    expect(bench.upstream.pool.rotate('operator', 2)).toEqual([2]);
    await bench.pass(10_000);
    expect(bench.upstream.pool.lines.map(({ generation }) => generation)).toEqual([1, 3]);
    expect(bench.upstream.pool.rotate('operator', 2)).toEqual([]);
    expect(bench.upstream.pool.rotate('operator')).toEqual([1, 3]);
    await bench.pass(10_000);
    expect(bench.upstream.pool.lines.map(({ generation }) => generation)).toEqual([4, 5]);
    expect(bench.carried).toEqual([`${A} ${B}`, `${C} ${D}`]);
  });
});

describe('two connections that fit on one', () => {
  /** Two connections with one stream each. */
  async function sparse(options: PoolBenchOptions = {}): Promise<PoolBench> {
    const bench = await start(options);
    await bench.want(A, B, C);
    await bench.want(A, C);
    await bench.pass(2_000);
    for (const stream of [A, C]) bench.heard(stream);
    return bench;
  }

  it('become one when either is replaced, and nobody notices', async () => {
    const bench = await sparse();
    bench.upstream.pool.rotate('operator', 2);
    let id = 0;
    await bench.pass(10_000, () => bench.trade((id += 1)));
    expect(bench.carried).toEqual([`${C} ${A}`]);
    expect(bench.upstream.pool.all.map(({ cargo }) => cargo.size)).toEqual([2]);
    for (const stream of [A, C]) {
      const [first, ...ids] = bench.heard(stream);
      expect(first).toBe('live first-event');
      expect(ids).toEqual(Array.from({ length: id }, (_, at) => `${at + 1}`));
    }
    expect(bench.endings).toEqual([
      '1 us replaced (its replacement took over): nothing: not needed any more',
      '2 us replaced (its replacement took over): nothing: not needed any more',
    ]);
    await bench.want(C);
    await bench.pass(2_000);
    expect(bench.carried).toEqual([C]);
  });

  it('have room for what is wanted next only as far as the one that they become', async () => {
    const bench = await sparse();
    bench.isReachable = false;
    bench.upstream.pool.rotate('operator', 1);
    await bench.pass(200);
    await bench.want(A, C, D);
    expect(bench.upstream.pool.all.map(({ cargo }) => cargo.size)).toEqual([1, 1, 1]);
  });

  it('stay two where more is wanted meanwhile than fits', async () => {
    const bench = await sparse();
    await bench.want(A, C, D);
    bench.upstream.pool.rotate('operator', 2);
    await bench.pass(10_000);
    expect(bench.carried).toEqual([`${A} ${D}`, C]);
  });

  it('go on apart when the replacement fails', async () => {
    const bench = await sparse();
    bench.isReachable = false;
    bench.upstream.pool.rotate('operator', 1);
    await bench.pass(200);
    bench.wire(2).refuse(503);
    bench.isReachable = true;
    let id = 0;
    await bench.pass(3_000, () => bench.trade((id += 1)));
    expect(bench.carried).toEqual([A, C]);
    await bench.pass(10_000, () => bench.trade((id += 1)));
    // What failed is tried again for its own streams alone.
    expect(bench.carried).toEqual([C, A]);
    for (const stream of [A, C])
      expect(bench.heard(stream).filter((what) => /[a-z]/.test(what))).toEqual(['live first-event']);
  });
});

describe('with a spare line', () => {
  it('each connection has one, which carries what becomes wanted, and goes with it', async () => {
    const bench = await start({ settings: { spareLine: true } });
    await bench.want(A);
    await bench.pass(1_000);
    expect(bench.carried).toEqual([A, A]);
    await bench.want(A, B);
    await bench.pass(2_000);
    expect(bench.carried).toEqual([`${A} ${B}`, `${A} ${B}`]);
    await bench.want(B);
    await bench.pass(2_000);
    expect(bench.carried).toEqual([B, B]);
    expect(bench.upstream.pool.rotate('operator')).toEqual([1, 2]);
    await bench.pass(10_000);
    expect(bench.carried).toEqual([B, B]);
    await bench.want();
    await bench.pass(MINUTE + 1_000);
    expect([bench.carried, bench.upstream.pool.lines]).toEqual([[], []]);
    const [ofSpare] = bench.endings.slice(-1);
    expect(ofSpare).toMatch(/^4 us not-needed \(nobody wants its streams\)/);
  });

  it('the spare of one that is absorbed goes, and that of the other carries both', async () => {
    const bench = await start({ settings: { spareLine: true } });
    await bench.want(A, B, C);
    await bench.want(A, C);
    await bench.pass(2_000);
    bench.upstream.pool.rotate('operator', 1);
    await bench.pass(10_000);
    expect(bench.carried.map((names) => names.split(' ').sort().join(' '))).toEqual([`${A} ${C}`, `${A} ${C}`]);
    expect(bench.endings.filter((ending) => ending.includes('nobody wants its streams'))).toHaveLength(1);
  });
});

it('an upstream that stops closes every connection, and says so', async () => {
  const bench = await start({ settings: { spareLine: true } });
  await bench.want(A, B, C);
  await bench.pass(1_000);
  expect(bench.carried).toHaveLength(4);
  await bench.upstream.stop();
  expect(bench.carried).toEqual([]);
  expect(new Set(bench.endings.map((ending) => ending.slice(2)))).toEqual(
    new Set(['us stopped (the upstream stopped): nothing: not needed any more']),
  );
  expect(bench.clock.pending).toBe(0);
});

it.each([
  ['spare', [0, 1]],
  ['own', [1, 0]],
])('a pool has not stopped before the last of its sockets is gone, be it the %s one', async (_, order) => {
  const bench = await start({ settings: { spareLine: true } });
  await bench.want(A);
  await bench.pass(1_000);
  for (const wire of bench.wires) wire.lingers = true;
  let isStopped = false;
  const stopping = bench.upstream.pool.stop().then(() => (isStopped = true));
  for (const at of order) {
    await settle();
    expect(isStopped).toBe(false);
    bench.wire(at).leave();
  }
  await stopping;
});
