import { expect, it } from 'vitest';
import { SettingsError } from '#libs/runtime';
import { readEdgeConfig } from '../../apps/edge/src/edge.config.js';
import { readStandaloneConfig } from '../../apps/standalone/src/standalone.config.js';
import { readUpstreamConfig } from '../../apps/upstream/src/upstream.config.js';

const READERS = { edge: readEdgeConfig, standalone: readStandaloneConfig, upstream: readUpstreamConfig };

/** What a role writes before it ends with 78: processes.loopback.test.ts. */
function complaintsOf(role: keyof typeof READERS, environment: Record<string, string>): string[] {
  try {
    READERS[role]({ HOLDFAST_REDIS_URL: 'redis://127.0.0.1:1', ...environment });
    return [];
  } catch (error) {
    if (error instanceof SettingsError) return error.lines;
    throw error;
  }
}

it.each<[keyof typeof READERS, Record<string, string>, RegExp]>([
  ['edge', { HOLDFAST_HOST: '0.0.0.0' }, /^HOLDFAST_HOST is "0\.0\.0\.0".*HOLDFAST_ALLOW_PUBLIC=yes/],
  [
    'standalone',
    { HOLDFAST_REDIS_URL: 'user:s3cret@host:6379' },
    /^HOLDFAST_REDIS_URL is (?!.*s3cret).*HOLDFAST_REDIS_PREFIX/,
  ],
  [
    'upstream',
    { HOLDFAST_REDIS_URL: 'redis://:s3cret%zz@host' },
    /^HOLDFAST_REDIS_URL is (?!.*s3cret).*HOLDFAST_REDIS_PREFIX/,
  ],
  ['standalone', { HOLDFAST_OPS_HOST: '0.0.0.0' }, /^HOLDFAST_OPS_HOST is "0\.0\.0\.0".*HOLDFAST_OPS_ALLOW_PUBLIC=yes/],
  ['edge', { HOLDFAST_OPS_HOST: '::' }, /^HOLDFAST_OPS_HOST is "::".*HOLDFAST_OPS_ALLOW_PUBLIC=yes/],
  ['upstream', { HOLDFAST_OPS_HOST: '10.1.2.3' }, /^HOLDFAST_OPS_HOST is "10.1.2.3".*HOLDFAST_OPS_ALLOW_PUBLIC=yes/],
  ['standalone', { HOLDFAST_UPSTREAM_WS_URL: 'wss://host:99443' }, /^HOLDFAST_UPSTREAM_WS_URL is "wss:/],
  [
    'standalone',
    { HOLDFAST_STREAM: 'btcusdt@trade' },
    /^HOLDFAST_STREAM is not a setting: did you mean HOLDFAST_STREAMS/,
  ],
  ['upstream', { HOLDFAST_MAX_CONNECTION: '5' }, /^HOLDFAST_MAX_CONNECTION is not .* HOLDFAST_MAX_CONNECTIONS/],
  ['standalone', { HOLDFAST_PORT: '9464', HOLDFAST_OPS_PORT: '9464' }, /^HOLDFAST_PORT is 9464 and HOLDFAST_OPS_PORT/],
  ['edge', { HOLDFAST_TOKENS_FILE: 'README.md' }, /^HOLDFAST_TOKENS_FILE is "README.md": line \d+: expected/],
  ['upstream', { HOLDFAST_TOKENS_FILE: '/nowhere' }, /^HOLDFAST_TOKENS_FILE is "\/nowhere": expected a file/],
  ['standalone', { HOLDFAST_JWT_KEYS: 'package.json' }, /^HOLDFAST_JWT_KEYS is "package.json": expected a JWK set/],
  ['edge', { HOLDFAST_JWT_KEYS: 'http://id.example/keys' }, /^HOLDFAST_JWT_KEYS is "http:.*https:/],
  ['edge', { HOLDFAST_TLS_CERT_FILE: 'a' }, /^HOLDFAST_TLS_CERT_FILE is "a" and HOLDFAST_TLS_KEY_FILE is ""/],
  ['edge', { HOLDFAST_TRUSTED_PROXIES: '10.0.0.0/33' }, /^HOLDFAST_TRUSTED_PROXIES is "10.0.0.0\/33"/],
  ['standalone', { HOLDFAST_ALLOWED_ORIGINS: 'app.example' }, /^HOLDFAST_ALLOWED_ORIGINS is "app.example"/],
  ['standalone', { HOLDFAST_ROTATE_WINDOW: '03:00-03:00' }, /^HOLDFAST_ROTATE_WINDOW is "03:00-03:00"/],
  [
    'standalone',
    { HOLDFAST_STREAMS: 'btcusdt@trade,ethusdt@trade', HOLDFAST_UPSTREAM_MAX_STREAMS: '1' },
    /^HOLDFAST_STREAMS has 2 streams and HOLDFAST_UPSTREAM_MAX_STREAMS is 1/,
  ],
])('%s refuses %j with one line', (role, settings, line) => {
  expect(complaintsOf(role, settings)).toEqual([expect.stringMatching(line)]);
});
