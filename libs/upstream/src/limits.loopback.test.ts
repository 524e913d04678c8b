import { afterEach, describe, expect, it } from 'vitest';
import { spot } from '#libs/binance';
import { until } from '../../../test/support/until.js';
import { UpstreamRig } from '../../../test/support/upstream-rig.js';

let rig: UpstreamRig;
afterEach(async () => {
  await rig.stop();
  expect(rig.simulator.violations).toEqual([]);
});

/** What Binance believes the open connections are subscribed to. */
const subscribed = (): string[] => {
  const names: string[] = [];
  for (const { isOpen, subscriptions } of rig.simulator.connections) if (isOpen) names.push(...subscriptions);
  return names;
};

describe('the limits', () => {
  it('hold in a cold start with 3,000 streams, spread over as few connections as may be', async ({ annotate }) => {
    rig = await UpstreamRig.start({ simulator: { symbols: 600, pace: 0.1, historyMs: 100, ackDelayMs: [130, 190] } });
    const kinds = ['trade', 'aggTrade', 'depth@100ms', 'bookTicker', 'kline_1m'];
    const streams = rig.simulator.market.instruments.flatMap(({ spec }) =>
      kinds.map((kind) => `${spec.symbol.toLowerCase()}@${kind}`),
    );
    const at = performance.now();
    rig.demand(streams);
    await until(
      () => rig.open > 0 && rig.upstream.pool.lines.every(({ connection }) => connection?.confirmedAt !== undefined),
      {
        deadlineMs: 25_000,
      },
    );
    const tookMs = performance.now() - at;
    await annotate(`${streams.length} streams fully subscribed and confirmed in ${Math.round(tookMs)} ms`);
    expect(subscribed().sort()).toEqual([...streams].sort());
    expect(rig.open).toBe(3);
    expect(tookMs).toBeLessThan(20_000);
  });

  it('leave room for an edge that wants little, however much another wants, and whoever came first', async () => {
    rig = await UpstreamRig.start({ simulator: { pace: 5 }, settings: { maxStreams: 6 } });
    const symbols = rig.simulator.market.instruments.map(({ spec }) => spec.symbol.toLowerCase());
    const many = symbols.flatMap((symbol) => ['aggTrade', 'bookTicker'].map((kind) => `${symbol}@${kind}`));
    rig.demand(many, 'greedy');
    await until(() => subscribed().length === 6);
    const few = ['btcusdt@trade', 'ethusdt@trade'];
    rig.demand(few, 'modest');
    await until(() => few.every((name) => rig.on(name).events > 0));
    await until(() => subscribed().length === 6);
    expect(subscribed().sort()).toEqual([...few, ...many.slice(0, 4)].sort());
  });

  it('hold while demand changes as fast as it can; Binance ends up with the newest wanted set', async () => {
    rig = await UpstreamRig.start({ simulator: { pace: 5 } });
    const symbols = rig.simulator.market.instruments.map(({ spec }) => spec.symbol.toLowerCase());
    const all = symbols.flatMap((symbol) =>
      ['trade', 'aggTrade', 'bookTicker', 'depth'].map((kind) => `${symbol}@${kind}`),
    );
    rig.demand(all.slice(0, 1));
    await until(() => rig.open === 1);
    const begunAt = performance.now();
    for (let round = 0; round < 300; round += 1) {
      rig.demand(all.filter((_, at) => (at * 7 + round) % 3 !== 0));
      await until(() => performance.now() > begunAt + round * 7);
    }
    const wanted = all.filter((_, at) => at % 4 === 0);
    rig.demand(wanted);
    await until(() => JSON.stringify(subscribed().sort()) === JSON.stringify([...wanted].sort()), {
      deadlineMs: 10_000,
    });
    expect(rig.simulator.connections[0]?.received.requests).toBeLessThan(30);
    expect(rig.faults).toEqual([]);
  });

  it('hold when demand changed while the line was down: the new connection gets the newest set, once', async () => {
    rig = await UpstreamRig.start({ simulator: { pace: 5 } });
    rig.demand(['btcusdt@trade', 'ethusdt@trade']);
    await until(() => rig.upstream.pool.lines[0]?.connection?.confirmedAt);
    rig.simulator.script([{ refuse: { status: 503 } }, { refuse: { status: 503 } }, { refuse: { status: 503 } }]);
    rig.simulator.strike({ name: 'close' });
    await until(() => rig.open === 0);
    rig.demand(['ethusdt@trade', 'bnbusdt@trade']);
    await until(() => rig.open === 1 && rig.upstream.pool.lines[0]?.connection?.confirmedAt);
    expect(subscribed().sort()).toEqual(['bnbusdt@trade', 'ethusdt@trade']);
    expect(rig.simulator.connections.at(-1)?.requests.every((text) => text.includes('LIST_SUBSCRIPTIONS'))).toBe(true);
  });

  it('let go of a connection that nobody needs any more', async () => {
    rig = await UpstreamRig.start({ timings: { idleMs: 300 } });
    rig.demand(['btcusdt@trade']);
    await until(() => rig.open === 1);
    rig.demand([]);
    await until(() => rig.open === 0);
    expect(rig.upstream.journal.read().at(-1)).toMatchObject({ closedBy: 'us', cause: 'not-needed' });
    rig.demand(['btcusdt@trade']);
    await until(() => rig.on('btcusdt@trade').state === 'live');
    expect(rig.faults).toEqual([]);
  });

  it('keep a connection that nobody needs for a while: demand that flaps opens none, and it carries nothing meanwhile', async () => {
    rig = await UpstreamRig.start({ timings: { idleMs: 20_000 } });
    rig.demand(['btcusdt@trade']);
    // An attempt that nobody needs any more is given up: it is what is open that is kept. Binance sees it open before we do.
    await until(() => rig.upstream.pool.lines[0]?.connection?.confirmedAt);
    for (let round = 0; round < 5; round += 1) {
      rig.demand(['btcusdt@trade']);
      await until(() => subscribed().length === 1);
      rig.demand([]);
      await until(() => subscribed().length === 0);
    }
    rig.demand(['ethusdt@trade']);
    await until(() => rig.on('ethusdt@trade').state === 'live');
    expect(rig.simulator.attempts).toHaveLength(1);
    rig.demand([]);
    await until(() => subscribed().length === 0);
    expect(rig.upstream.pool.rotate('operator')).toEqual([]);
    rig.simulator.strike({ name: 'close' });
    await until(() => rig.open === 0 && rig.upstream.pool.lines.length === 0);
    expect(rig.simulator.attempts).toHaveLength(1);
    expect(rig.faults).toEqual([]);
  });

  it('on streams per connection hold while one set replaces another', async () => {
    rig = await UpstreamRig.start({ settings: { streamsPerConnection: 3 } });
    const [first, second] = ['trade', 'depth'].map((kind) =>
      ['btcusdt', 'ethusdt', 'bnbusdt'].map((symbol) => `${symbol}@${kind}`),
    ) as [string[], string[]];
    rig.demand(first);
    await until(() => subscribed().length === 3);
    let most = 0;
    rig.demand(second);
    await until(() => {
      most = Math.max(most, ...rig.simulator.connections.map(({ subscriptions }) => subscriptions.size));
      return second.every((stream) => subscribed().includes(stream));
    });
    expect(most).toBe(3);
    expect(rig.simulator.attempts).toHaveLength(1);
  });

  it('leave attempts for what was live when demand has used up its share', async () => {
    const limits = { ...spot.limits, streams: 2, attempts: { most: 9, windowMs: 60_000 } };
    rig = await UpstreamRig.start({
      market: { ...spot, limits },
      settings: { streamsPerConnection: 2 },
      timings: { idleMs: 100 },
    });
    rig.demand(['btcusdt@trade']);
    await until(() => rig.on('btcusdt@trade').state === 'live');
    const junk = Array.from({ length: 20 }, (_, at) => `junk${at}usdt@trade`);
    rig.demand(['btcusdt@trade', ...junk]);
    await until(() => rig.simulator.attempts.length === 6);
    rig.demand(['btcusdt@trade']);
    await until(() => rig.open === 1);
    rig.demand(['btcusdt@trade', ...junk]);
    await until(() => rig.upstream.pool.lines.length === 11);
    rig.simulator.strike({ name: 'close' });
    await until(() => rig.on('btcusdt@trade').state === 'recovering');
    await until(() => rig.on('btcusdt@trade').state === 'live');
    expect(rig.simulator.attempts.length).toBeLessThanOrEqual(8);
  });

  it('are told apart from what Binance lost: an audit subscribes again what its list lacks', async () => {
    rig = await UpstreamRig.start({ simulator: { pace: 5 }, timings: { auditMs: 500, watchMs: 50 } });
    rig.demand(['btcusdt@trade', 'ethusdt@trade']);
    await until(() => rig.upstream.pool.lines[0]?.connection?.confirmedAt);
    rig.simulator.connections[0]?.subscriptions.delete('ethusdt@trade');
    await until(() => subscribed().length === 2);
    expect(subscribed().sort()).toEqual(['btcusdt@trade', 'ethusdt@trade']);
  });
});
