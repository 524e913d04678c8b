import { afterEach, describe, expect, it } from 'vitest';
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
    await until(() => rig.upstream.pool.lines.every(({ connection }) => connection?.confirmedAt !== undefined), {
      deadlineMs: 25_000,
    });
    const tookMs = performance.now() - at;
    await annotate(`${streams.length} streams fully subscribed and confirmed in ${Math.round(tookMs)} ms`);
    expect(subscribed().sort()).toEqual([...streams].sort());
    expect(rig.open).toBe(3);
    expect(tookMs).toBeLessThan(20_000);
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
    rig = await UpstreamRig.start();
    rig.demand(['btcusdt@trade']);
    await until(() => rig.open === 1);
    rig.demand([]);
    await until(() => rig.open === 0);
    expect(rig.upstream.journal.read().at(-1)).toMatchObject({ closedBy: 'us', cause: 'not-needed' });
    rig.demand(['btcusdt@trade']);
    await until(() => rig.on('btcusdt@trade').state === 'live');
    expect(rig.faults).toEqual([]);
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
