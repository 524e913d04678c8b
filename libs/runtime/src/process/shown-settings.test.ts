import { expect, it } from 'vitest';
import { BusSettings, OpsSettings, UpstreamSettings, readSettings } from '../settings/index.js';
import { shownSettings } from './shown-settings.js';

const SECTIONS = { bus: BusSettings, upstream: UpstreamSettings, ops: OpsSettings };

const show = (environment: Record<string, string>): Record<string, [value: string, source: string]> =>
  Object.fromEntries(
    shownSettings(SECTIONS, readSettings(SECTIONS, environment), environment).map(({ name, value, source }) => [
      name,
      [value, source],
    ]),
  );

it('what is in force is shown, and whether somebody said so', () => {
  const shown = show({ HOLDFAST_OPS_PORT: '9999', HOLDFAST_STREAMS: 'btcusdt@trade, ethusdt@trade' });
  expect(shown['HOLDFAST_OPS_PORT']).toEqual(['9999', 'environment']);
  expect(shown['HOLDFAST_STREAMS']).toEqual(['btcusdt@trade, ethusdt@trade', 'environment']);
  expect(shown['HOLDFAST_OPS_HOST']).toEqual(['127.0.0.1', 'default']);
  expect(shown['HOLDFAST_SPARE_LINE']).toEqual(['no', 'default']);
  expect(shown['HOLDFAST_UPSTREAM_WS_URL']).toEqual(['not set', 'default']);
});

it('nothing that may be secret is shown, in whatever variable it stands', () => {
  const shown = show({
    HOLDFAST_REDIS_URL: 'redis://u:s3cret@redis:6379',
    HOLDFAST_REDIS_SENTINEL_PASSWORD: 's3cret',
    https_proxy: 'http://u:s3cret@proxy:3128',
    HOLDFAST_UPSTREAM_WS_URL: 'wss://u:s3cret@stream.example',
  });
  expect(JSON.stringify(shown)).not.toContain('s3cret');
  expect(shown['HOLDFAST_REDIS_URL']).toEqual(['set, not shown', 'environment']);
  expect(shown['HTTPS_PROXY']).toEqual(['set, not shown', 'environment']);
  expect(shown['HOLDFAST_UPSTREAM_WS_URL']).toEqual(['wss://…@stream.example', 'environment']);
});
