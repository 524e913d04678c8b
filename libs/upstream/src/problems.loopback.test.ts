import { afterEach, describe, expect, it, vi } from 'vitest';
import { spot } from '#libs/binance';
import type { Incident } from '#libs/simulator';
import { selfSigned } from '../../../test/support/self-signed.js';
import { until } from '../../../test/support/until.js';
import { UpstreamRig } from '../../../test/support/upstream-rig.js';

const STREAMS = ['btcusdt@trade', 'btcusdt@depth@100ms', 'btcusdt@bookTicker', '币安人生usdt@trade'];

let rig: UpstreamRig;
afterEach(async () => {
  await rig.stop();
  vi.unstubAllEnvs();
  expect(rig.simulator.violations).toEqual([]);
});

const flowing = () => until(() => STREAMS.every((stream) => rig.on(stream).events > 2), { deadlineMs: 15_000 });

/** Resolves when every stream has got events after now. */
async function flowsOn(): Promise<void> {
  const before = STREAMS.map((stream) => rig.on(stream).events);
  await until(() => STREAMS.every((stream, at) => rig.on(stream).events > (before[at] ?? 0) + 2), {
    deadlineMs: 15_000,
  });
}

describe('a bad frame', () => {
  const bad: [Incident['name'], code: string, Incident][] = [
    ['bad-utf8', 'bad-utf8', { name: 'bad-utf8' }],
    ['broken-json', 'not-json', { name: 'broken-json' }],
    ['wrong-shape', 'wrong-shape', { name: 'wrong-shape' }],
    ['binary-frame', 'binary', { name: 'binary-frame' }],
    ['deep-json', 'too-deep', { name: 'deep-json' }],
    ['too-large', 'too-large', { name: 'too-large', bytes: 5 * 1024 * 1024 }],
    ['poisoned-keys', 'poisoned-key', { name: 'poisoned-keys' }],
    ['unsafe-number', 'unsafe-number', { name: 'unsafe-number' }],
  ];
  it.each(bad)(
    '%s costs that frame: counted, kept to look at, no stream disturbed, no connection lost',
    async (_, code, incident) => {
      rig = await UpstreamRig.start({ simulator: { symbols: 6, pace: 20 }, timings: { settleMs: 500, lagMs: 100 } });
      rig.demand(STREAMS);
      await flowing();
      const feeds = rig.feeds.length;
      rig.simulator.strike(incident);
      await until(() => rig.upstream.problems.quarantine.read().length === 1);
      expect(rig.upstream.problems.quarantine.read()[0]).toMatchObject({ code });
      await flowsOn();
      expect(rig.faults).toEqual([]);
      expect(rig.feeds).toHaveLength(feeds);
      expect(
        rig.upstream.journal.read().filter(({ closedBy }) => closedBy === 'binance' || closedBy === 'transport'),
      ).toEqual([]);
      expect(await rig.metrics.registry.getSingleMetricAsString('holdfast_upstream_bad_frames_total')).toContain(
        `code="${code}"`,
      );
    },
  );
});

describe('what the documentation does not know', () => {
  it('passes, is counted, and is sampled once per kind', async () => {
    rig = await UpstreamRig.start({ simulator: { symbols: 6, pace: 20 } });
    rig.demand(STREAMS);
    await flowing();
    const odd: string[] = [];
    rig.bus.messages.subscribe(
      spot.channels.stream('btcusdt@trade'),
      (text) => text.includes('"wire"') && odd.push(text),
    );
    rig.simulator.strike({ name: 'unknown-field', stream: 'btcusdt@trade', count: 5 });
    rig.simulator.strike({ name: 'unknown-event' });
    await until(() => rig.upstream.problems.drift.read().some(({ what, count }) => what === 'field' && count === 5));
    await until(() => rig.upstream.problems.drift.read().some(({ what }) => what !== 'field'));
    expect(rig.upstream.problems.drift.read()).toHaveLength(2);
    const field = { zz: '1770123456789123457' };
    expect(odd.map((text): unknown => JSON.parse(text))).toMatchObject(
      Array.from({ length: 5 }, () => ({ wire: { fields: field, numbers: field } })),
    );
    expect(rig.upstream.problems.quarantine.read()).toEqual([]);
    expect(rig.faults).toEqual([]);
  });
});

it('a stream of which nothing can be read any more says so, and not that Binance is silent', async () => {
  rig = await UpstreamRig.start({ simulator: { symbols: 6, pace: 20 }, settings: { silenceStreamMs: 3_000 } });
  rig.demand(STREAMS);
  await flowing();
  const stream = 'btcusdt@trade';
  rig.simulator.strike({ name: 'mute-stream', stream });
  await until(
    () => {
      rig.simulator.strike({ name: 'wrong-shape', stream });
      return rig.on(stream).state === 'stale';
    },
    { deadlineMs: 20_000 },
  );
  expect(rig.on(stream).feeds.at(-1)?.message).toMatch(/^what Binance sends cannot be read: data\./);
});

it('times in microseconds arrive as whole microseconds, and when they were received is told in the same unit', async () => {
  rig = await UpstreamRig.start({ simulator: { symbols: 6, pace: 20 }, settings: { timeUnit: 'MICROSECOND' } });
  rig.demand(STREAMS);
  await flowing();
  const { newest } = rig.on('btcusdt@trade');
  expect(newest).toMatchObject({ type: 'trade', timeUnit: 'MICROSECOND' });
  const { tradedAt, receivedAt } = newest?.type === 'trade' ? newest : { tradedAt: NaN, receivedAt: NaN };
  expect([Number.isSafeInteger(tradedAt), Number.isSafeInteger(receivedAt)]).toEqual([true, true]);
  expect(Math.abs(tradedAt - receivedAt)).toBeLessThan(10_000_000);
  expect(rig.faults).toEqual([]);
});

it('TLS makes no difference', async () => {
  vi.stubEnv('NODE_TLS_REJECT_UNAUTHORIZED', '0');
  rig = await UpstreamRig.start({ simulator: { symbols: 6, pace: 20, tls: selfSigned() } });
  rig.demand(STREAMS);
  await flowing();
  rig.simulator.strike({ name: 'cut-mid-frame' });
  await until(() => rig.open === 1 && rig.upstream.journal.attempts === 2);
  await flowsOn();
  expect(rig.faults).toEqual([]);
});
