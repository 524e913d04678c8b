import { expect, it } from 'vitest';
import { MemoryBus } from '#libs/bus';
import { HEARTBEATS_MISSED, HEARTBEAT_EVERY_MS, stamp } from '#libs/core';
import { Metrics } from '#libs/runtime';
import { FakeClock } from '../../../../test/support/fake-clock.js';
import { HandUpstream } from '../../../../test/support/hand-upstream.js';
import { parsedStream } from '../../../../test/support/parsed-stream.js';
import { EdgeMetrics } from '../metrics/edge-metrics.js';
import { newShelf, newStreams } from './market-streams.rig.js';

const TRADE = 'btcusdt@trade';
const HOUR = 3_600_000;

it('the machine’s clock is set while an edge runs: what it says is by the new time, what it measures is as before', async () => {
  const clock = new FakeClock();
  const bus = new MemoryBus({ clock });
  const metrics = new Metrics();
  const sent: Record<string, unknown>[] = [];
  const streams = newStreams({
    bus,
    clock,
    metrics: new EdgeMetrics(metrics),
    publish: (_topic, text) => void sent.push(JSON.parse(text) as Record<string, unknown>),
    shelf: newShelf(),
  });
  streams.start();
  const upstream = new HandUpstream(bus, { epoch: 7, clock }).start();
  streams.wanted.want(parsedStream(TRADE), 'native');
  await Promise.resolve();
  clock.setWall(-HOUR);
  for (let id = 0; id < 200; id += 1) {
    const micros = { timeUnit: 'MICROSECOND', receivedAt: stamp(clock) * 1000 } as const;
    upstream.publish(TRADE, { type: 'trade', symbol: 'BTCUSDT', id, ...(id % 2 === 0 && micros) });
  }
  const lag = await metrics.registry.getSingleMetricAsString('holdfast_edge_lag_seconds');
  expect(lag).toMatch(/_count [1-9]/);
  expect(lag).toMatch(/_sum 0$/m);
  upstream.stop();
  sent.length = 0;
  clock.advance((HEARTBEATS_MISSED + 1) * HEARTBEAT_EVERY_MS - 1);
  expect(sent).toEqual([]);
  clock.advance(HEARTBEAT_EVERY_MS);
  expect(sent).toMatchObject([{ type: 'feed', state: 'stale', since: expect.any(Number) as number }]);
  expect(Number(sent[0]?.since)).toBeLessThan(clock.now() - HOUR + HEARTBEAT_EVERY_MS);
  streams.stop();
});
