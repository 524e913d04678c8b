import { describe, expect, it } from 'vitest';
import { isExempt, proxyFor } from './proxy.js';

const BINANCE = new URL('wss://stream.binance.com:9443');
const NONE = { noProxy: [] };

describe('the proxy to Binance', () => {
  it.each([
    [{}, undefined],
    [{ proxy: 'http://own:1', httpsProxy: 'http://other:2', noProxy: ['*'] }, 'own:1'],
    [{ proxy: 'none', httpsProxy: 'http://other:2' }, undefined],
    [{ httpsProxy: 'http://other:2', httpProxy: 'http://plain:3', allProxy: 'http://all:4' }, 'other:2'],
    [{ httpProxy: 'http://plain:3', allProxy: 'all:4' }, 'all:4'],
    [{ httpProxy: 'http://plain:3' }, undefined],
    [{ httpsProxy: 'http://other:2', noProxy: ['binance.com'] }, undefined],
    [{ httpsProxy: 'http://other:2', noProxy: ['binance.vision'] }, 'other:2'],
  ])('is, by %j, %s', (settings, host) => {
    expect(proxyFor({ ...NONE, ...settings }, BINANCE)?.host).toBe(host);
  });

  it('for ws:// is the one for http, for https:// that for wss://, and for this machine none', () => {
    const settings = { ...NONE, httpProxy: 'http://plain:3', httpsProxy: 'http://other:2' };
    for (const url of ['ws://binance.example', 'http://binance.example']) {
      expect(proxyFor(settings, new URL(url))?.host).toBe('plain:3');
    }
    expect(proxyFor(settings, new URL('https://binance.example'))?.host).toBe('other:2');
    for (const url of ['ws://127.0.0.1:9543', 'ws://localhost:1', 'wss://[::1]:1']) {
      expect(proxyFor({ ...settings, proxy: 'http://own:1' }, new URL(url))).toBeUndefined();
    }
  });

  it.each(['socks5://:s3cret@h:1', 'http://u:s3cret@h:99999', 'http://s3cret%zz@h', 'http://', 'http://h:0'])(
    'is refused when it is %s, of which nothing is shown',
    (given) => {
      const read = (): unknown => proxyFor({ ...NONE, httpsProxy: given }, BINANCE);
      expect(read).toThrow(
        /^HTTPS_PROXY is set, .*expected a URL like http:\/\/proxy:3128 .*HOLDFAST_UPSTREAM_PROXY=none/,
      );
      expect(read).not.toThrow(/s3cret/);
    },
  );
});

it.each<[string, string, number, boolean]>([
  ['*', 'stream.binance.com', 9443, true],
  ['binance.com', 'stream.binance.com', 9443, true],
  ['.binance.com', 'stream.binance.com', 9443, true],
  ['*.binance.com', 'stream.binance.com', 9443, true],
  ['BINANCE.com', 'stream.binance.com.', 9443, true],
  ['nance.com', 'stream.binance.com', 9443, false],
  ['stream.binance.com:9443', 'stream.binance.com', 9443, true],
  ['stream.binance.com:443', 'stream.binance.com', 9443, false],
  ['10.0.0.0/8', '10.1.2.3', 443, true],
  ['10.0.0.0/8', '11.1.2.3', 443, false],
  ['10.1.2.3', '10.1.2.3', 443, true],
  ['fd00::/8', 'fd12::1', 443, true],
  ['[fd12::1]:443', 'fd12::1', 443, true],
  ['10.0.0.0/99', '10.1.2.3', 443, false],
  ['10.0.0.0/8', 'stream.binance.com', 443, false],
  ['', 'stream.binance.com', 443, false],
])('NO_PROXY=%s, and %s:%i: %s', (entry, host, port, isDirect) => {
  expect(isExempt([entry], { host, port })).toBe(isDirect);
});
