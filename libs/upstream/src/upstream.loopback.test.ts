import { afterEach, describe, expect, it } from 'vitest';
import { until } from '../../../test/support/until.js';
import { UpstreamRig } from '../../../test/support/upstream-rig.js';

const STREAMS = [
  'btcusdt@trade',
  'btcusdt@depth@100ms',
  'btcusdt@bookTicker',
  '币安人生usdt@aggTrade',
  '!miniTicker@arr',
];

let rig: UpstreamRig;
afterEach(async () => {
  await rig.stop();
  expect(rig.simulator.violations).toEqual([]);
});

const allHeard = (least: number) => () => STREAMS.every((stream) => rig.on(stream).events >= least);

describe('an upstream', () => {
  it('delivers every demanded stream, each message with the next place', async () => {
    rig = await UpstreamRig.start({ simulator: { symbols: 6, pace: 5 } });
    rig.demand(STREAMS);
    await until(allHeard(3), { deadlineMs: 15_000 });
    expect(rig.faults).toEqual([]);
    // Whether Binance's acknowledgement or the first event comes first is chance.
    const feeds = rig.on('btcusdt@trade').feeds.filter(({ cause }) => cause !== 'acknowledged');
    expect(feeds.map(({ state, cause }) => `${state} ${cause}`)).toEqual([
      'recovering subscribing',
      'live first-event',
    ]);
  });

  it('comes back from a drop on one new connection, with what it missed', async () => {
    rig = await UpstreamRig.start({ simulator: { symbols: 6, pace: 20 } });
    rig.demand(STREAMS);
    await until(allHeard(1), { deadlineMs: 15_000 });
    rig.simulator.strike({ name: 'close', code: 1000 });
    await until(() => rig.on('btcusdt@trade').feeds.some(({ cause }) => cause === 'connection-lost'));
    await until(() => rig.on('btcusdt@trade').state === 'live');
    await until(allHeard(3), { deadlineMs: 15_000 });
    expect(rig.faults).toEqual([]);
    expect(rig.open).toBe(1);
    const [first] = rig.upstream.journal.read();
    expect(first).toMatchObject({ closedBy: 'binance', code: 1000, generation: 1 });
  });

  it('replaces a working connection without a missing, doubled or reordered id and without a change of state', async () => {
    rig = await UpstreamRig.start({ simulator: { symbols: 6, pace: 20 } });
    rig.demand(STREAMS);
    await until(allHeard(1), { deadlineMs: 15_000 });
    const before = rig.feeds.length;
    for (const generation of [2, 3, 4]) {
      rig.upstream.pool.rotate('operator');
      await until(() => rig.upstream.pool.lines.length === 1 && rig.upstream.pool.lines[0]?.generation === generation, {
        deadlineMs: 15_000,
      });
    }
    const seen = rig.on('btcusdt@trade').events;
    await until(() => rig.on('btcusdt@trade').events > seen);
    expect(rig.faults).toEqual([]);
    expect(rig.feeds).toHaveLength(before);
    await until(() => rig.open === 1);
  });
});
