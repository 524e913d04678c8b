import { expect, it, onTestFinished } from 'vitest';
import { UwsAdapter } from '#libs/edge';
import { silentLog, start } from '#libs/runtime';
import { readStandaloneConfig } from '../../apps/standalone/src/standalone.config.js';
import { StandaloneModule } from '../../apps/standalone/src/standalone.module.js';
import { metricValue } from '../support/metric-value.js';
import { until } from '../support/until.js';

/** Nobody is there. */
const ALONE = {
  HOLDFAST_PORT: '0',
  HOLDFAST_UPSTREAM_WS_URL: 'ws://127.0.0.1:9',
  HOLDFAST_UPSTREAM_REST_URL: 'http://127.0.0.1:9',
  HOLDFAST_SYMBOLS_EVERY_MS: '0',
};

/** What operators see of a gateway that has just started, having warmed up for so long. */
async function shownAfter(warmUpMs: number): Promise<{ metrics: string[]; onBus: number[]; status: string }> {
  const config = readStandaloneConfig(ALONE);
  const running = await start({
    module: StandaloneModule.with(config, silentLog),
    ops: { opsHost: '127.0.0.1', opsPort: 0, warmUpMs },
    log: silentLog,
    prepare: (app) => void app.useWebSocketAdapter(app.get(UwsAdapter)),
  });
  onTestFinished(() => running.stop());
  await until(async () => (await metricValue(running.opsUrl, 'holdfast_edge_hears_upstream{market="spot"}')) === 1);
  const textAt = async (path: string): Promise<string> => (await fetch(`${running.opsUrl}${path}`)).text();
  const metrics = (await textAt('/metrics')).split('\n').filter((line) => line.startsWith('holdfast_'));
  return {
    metrics: metrics.filter((line) => !IS_OF_THE_MOMENT.test(line)),
    onBus: await Promise.all(
      ['published', 'received'].map((what) => metricValue(running.opsUrl, `holdfast_bus_${what}_total`)),
    ),
    status: await textAt('/status'),
  };
}

/** Differs between any two processes, and while one lives: a heartbeat a second is published, and heard. */
const IS_OF_THE_MOMENT = /_(age|seconds|epoch|term|at)\b|start_time|bus_(published|received)_total/;

/** Heartbeats, and what an edge asks at its start. Who warms up says thousands of messages. */
const MOST_ON_BUS = 20;

it('whoever looks at a gateway cannot tell that it has warmed up', async () => {
  const cold = await shownAfter(0);
  const warm = await shownAfter(60);
  expect(cold.metrics.length).toBeGreaterThan(100);
  expect(warm.metrics).toEqual(cold.metrics);
  for (const count of warm.onBus) {
    expect(count).toBeGreaterThan(0);
    expect(count).toBeLessThan(MOST_ON_BUS);
  }
  expect(warm.status).not.toContain('btcusdt');
  const keysOf = (text: string): string[] => text.match(/"[a-zA-Z]+":/g) ?? [];
  expect(keysOf(warm.status)).toEqual(keysOf(cold.status));
});
