import { expect, it } from 'vitest';
import { SettingsError } from '#libs/runtime';
import { readEdgeConfig } from './edge.config.js';

const REDIS = { HOLDFAST_REDIS_URL: 'redis://127.0.0.1:6379' };

const complaintsOf = (environment: Record<string, string>): string[] => {
  try {
    readEdgeConfig({ ...REDIS, ...environment });
    return [];
  } catch (error) {
    if (error instanceof SettingsError) return error.lines;
    throw error;
  }
};

it('an edge is told where REST is, and through what it is reached', () => {
  const { binance } = readEdgeConfig({
    ...REDIS,
    HOLDFAST_UPSTREAM_REST_URL: 'http://127.0.0.1:9543',
    HTTPS_PROXY: 'http://proxy:3128',
  });
  expect(binance).toMatchObject({ restUrl: 'http://127.0.0.1:9543', httpsProxy: 'http://proxy:3128' });
});

it('an edge refuses a proxy that it cannot use, and shows nothing of it', () => {
  const [line, ...others] = complaintsOf({ HTTPS_PROXY: 'socks5://user:s3cret@h:1080' });
  expect([line, others]).toEqual([expect.stringMatching(/^HTTPS_PROXY is set, .*CONNECT/), []]);
  expect(line).not.toContain('s3cret');
});

it.each([
  ['HOLDFAST_CLIENT_REST_PERCENT', '4'],
  ['HOLDFAST_CLIENT_REST_PERCENT', '91'],
  ['HOLDFAST_CLIENT_REST_CACHE_BYTES', '-1'],
  ['HOLDFAST_FUTURES_REST_URL', 'https://fapi.binance.com/fapi'],
  ['HOLDFAST_COIN_FUTURES_REST_URL', 'dapi.binance.com'],
])('an edge refuses %s=%s', (name, value) => {
  expect(complaintsOf({ [name]: value })).toEqual([expect.stringContaining(`${name} is "${value}": expected`)]);
});
