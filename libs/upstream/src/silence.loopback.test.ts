import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { afterEach, describe, expect, it } from 'vitest';
import { Simulator } from '#libs/simulator';
import { assertBuilt, dist } from '../../../test/support/built.js';
import { TcpPath } from '../../../test/support/tcp-path.js';
import { until } from '../../../test/support/until.js';
import { UpstreamRig } from '../../../test/support/upstream-rig.js';

const TRADE = 'btcusdt@trade';
const KLINE = 'btcusdt@kline_1s';

let rig: UpstreamRig;
afterEach(() => rig.stop());

describe('silence', () => {
  it('of a cut cable is noticed within the bound and repaired; clients see silence and feed states', async () => {
    const simulator = await Simulator.start({ pace: 30, limits: { pingEveryMs: 100 } });
    const path = await TcpPath.lay(Number(new URL(simulator.wsUrl).port));
    rig = await UpstreamRig.start({
      on: simulator,
      settings: { wsUrl: `ws://127.0.0.1:${path.nearPort}`, silenceBytesMs: 500, connectTimeoutMs: 300 },
      timings: { watchMs: 50, tickMs: 20 },
    });
    rig.demand([TRADE]);
    await until(() => rig.on(TRADE).state === 'live');
    const line = rig.upstream.journal.read().at(-1);
    const cutAt = performance.now();
    path.behave({ isCut: true });
    await until(() => rig.on(TRADE).state !== 'live');
    expect(performance.now() - cutAt).toBeLessThan(500 + 50 + 20 + 300);
    expect(line).toMatchObject({ closedBy: 'us', cause: 'silence' });
    await until(() => rig.upstream.journal.read().some(({ cause }) => cause === 'timeout'));
    path.behave({});
    await until(() => rig.on(TRADE).state === 'live');
    expect(rig.faults).toEqual([]);
    await path.remove();
  });

  it('of one stream makes that stream stale, and no connection is touched', async () => {
    rig = await UpstreamRig.start({
      simulator: { pace: 30 },
      settings: { silenceStreamMs: 1_500, silenceDataMs: 1_500 },
      timings: { watchMs: 100 },
    });
    rig.demand([TRADE, KLINE]);
    await until(() => rig.on(TRADE).state === 'live' && rig.on(KLINE).state === 'live');
    rig.simulator.strike({ name: 'mute-stream', stream: KLINE, forMs: 2_000 });
    await until(() => rig.on(KLINE).state === 'stale');
    expect(rig.on(KLINE).feeds.at(-1)).toMatchObject({ cause: 'silent', by: 'upstream' });
    expect(rig.on(TRADE).state).toBe('live');
    await until(() => rig.on(KLINE).state === 'live');
    expect(rig.simulator.attempts).toHaveLength(1);
    expect(rig.faults).toEqual([]);
  });

  it('of a busy stream beside others is met with a new SUBSCRIBE, and its neighbours notice nothing', async () => {
    rig = await UpstreamRig.start({
      simulator: { pace: 30 },
      settings: { silenceStreamMs: 1_500 },
      timings: { watchMs: 50, tickMs: 20 },
    });
    rig.demand([TRADE, KLINE, 'ethusdt@trade']);
    await until(() => rig.on(KLINE).state === 'live' && rig.on('ethusdt@trade').events > 100);
    rig.simulator.strike({ name: 'unsubscribe-silently', stream: KLINE });
    await until(() => rig.on(KLINE).state === 'stale');
    await until(() => rig.on(KLINE).state === 'live');
    expect(rig.simulator.attempts).toHaveLength(1);
    expect(rig.on('ethusdt@trade').state).toBe('live');
    expect(rig.faults).toEqual([]);
  });

  it('of a busy stream that a new SUBSCRIBE does not wake is met with another connection, make-before-break', async () => {
    rig = await UpstreamRig.start({
      simulator: { pace: 30 },
      settings: { silenceStreamMs: 1_500 },
      timings: { watchMs: 50, tickMs: 20 },
    });
    rig.demand([KLINE, TRADE]);
    await until(() => rig.on(TRADE).state === 'live' && rig.on(KLINE).state === 'live');
    rig.simulator.strike({ name: 'mute-stream', stream: KLINE });
    await until(() => rig.upstream.journal.read().at(-1)?.why === 'stream-silence');
    expect(rig.simulator.connections[0]?.requests.filter((text) => text.includes('"SUBSCRIBE"'))).toHaveLength(1);
    expect(rig.on(TRADE).state).toBe('live');
  });

  it('of a quiet market is nothing: a stream that may be quiet stays as it is, and nobody reconnects', async () => {
    rig = await UpstreamRig.start({
      simulator: { pace: 30 },
      settings: { silenceStreamMs: 300, silenceDataMs: 300 },
      timings: { watchMs: 50, tickMs: 20 },
    });
    rig.demand([TRADE]);
    await until(() => rig.on(TRADE).events > 5);
    rig.simulator.strike({ name: 'pace', factor: 0.001 });
    const at = performance.now();
    await until(() => performance.now() - at > 2_500);
    expect(rig.simulator.attempts).toHaveLength(1);
    expect(rig.on(TRADE).state).toBe('live');
  });

  it('of a stream that Binance acknowledged and never sends is reported as such', async () => {
    rig = await UpstreamRig.start({ settings: { silenceStreamMs: 400 }, timings: { watchMs: 50 } });
    rig.demand(['nosuchcoin@trade']);
    await until(() => rig.on('nosuchcoin@trade').feeds.at(-1)?.cause === 'not-delivering');
    expect(rig.on('nosuchcoin@trade').state).toBe('stale');
  });

  it('of a quiet stream does not keep it from being live again after a drop', async () => {
    rig = await UpstreamRig.start({ simulator: { pace: 30 }, timings: { quietMs: 300, watchMs: 50, tickMs: 20 } });
    rig.demand([TRADE]);
    await until(() => rig.on(TRADE).events > 5);
    rig.simulator.strike({ name: 'pace', factor: 0.001 });
    rig.simulator.strike({ name: 'close' });
    await until(() => rig.on(TRADE).state === 'recovering');
    await until(() => rig.on(TRADE).state === 'live');
    // A trade may have happened between the close and the end of the market's pace: then it is fetched.
    expect(['resumed', 'filled']).toContain(rig.on(TRADE).feeds.at(-1)?.cause);
    expect(rig.faults).toEqual([]);
  });
});

describe('a stall of our own process', () => {
  // Stands still as a frozen process does: it takes no core from the tests beside it.
  const block = (ms: number): void => {
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
  };

  it('of 5 s costs nothing where Binance waits for the pong, and nobody is judged by that time', async () => {
    rig = await UpstreamRig.start({
      simulator: { pace: 5 },
      settings: { silenceBytesMs: 3_000, silenceStreamMs: 3_000 },
    });
    rig.demand([TRADE, KLINE]);
    await until(() => rig.on(TRADE).events > 5 && rig.on(KLINE).state === 'live');
    const feeds = rig.feeds.length;
    block(5_000);
    const at = performance.now();
    await until(() => performance.now() - at > 1_500);
    expect(rig.simulator.attempts).toHaveLength(1);
    expect(rig.feeds).toHaveLength(feeds);
    expect(await rig.metrics.registry.getSingleMetricAsString('holdfast_upstream_stalls_total')).toContain(' 1');
    expect(rig.faults).toEqual([]);
  });

  it('is named as the cause when Binance would not wait for the pong, and costs one reconnect', async () => {
    assertBuilt();
    const binance = await startElsewhere();
    rig = await UpstreamRig.start({ settings: { wsUrl: binance.wsUrl } });
    rig.demand([TRADE]);
    await until(() => rig.on(TRADE).events > 5);
    block(5_000);
    await until(() => rig.upstream.journal.read()[0]?.closedAt !== undefined);
    await until(() => rig.on(TRADE).state === 'live');
    const [first] = rig.upstream.journal.read();
    expect(first).toMatchObject({ cause: 'own-stall', closedBy: 'binance', code: 1008, reason: 'Pong timeout' });
    expect(first?.stallMs).toBeGreaterThan(4_000);
    const at = performance.now();
    await until(() => performance.now() - at > 3_000);
    expect(rig.upstream.journal.read()).toHaveLength(2);
    expect(await binance.stop()).toEqual(['pong-timeout']);
  });
});

/** A simulator in a process of its own, so that it goes on while ours stands still. Resolves with the rules that were broken. */
async function startElsewhere(): Promise<{ wsUrl: string; stop(): Promise<string[]> }> {
  const limits = { pingEveryMs: 1_500, pongWithinMs: 2_000 };
  const code = `
    const { Simulator } = await import(${JSON.stringify(`${dist}/libs/simulator/src/index.js`)});
    const simulator = await Simulator.start({ pace: 5, limits: ${JSON.stringify(limits)} });
    process.on('message', () => process.send(simulator.violations.map(({ rule }) => rule), () => process.exit()));
    process.send(simulator.wsUrl);`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', code], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  const [wsUrl] = (await once(child, 'message')) as [string];
  return {
    wsUrl,
    stop: async () => {
      const answer = once(child, 'message');
      child.send('stop');
      const [rules] = (await answer) as [string[]];
      return rules;
    },
  };
}
