import { expect, it } from 'vitest';
import { spot } from '#libs/binance';
import { historyHost } from './history-host.js';

const USUAL = spot.urls.rest[0]?.url;

it.each([
  ['the usual one where nothing is set', undefined, undefined, USUAL],
  ['the usual one for the usual streams', spot.urls.stream, undefined, USUAL],
  ['the usual one for other hosts of Binance', 'wss://stream.binance.com:9443', undefined, USUAL],
  ['unknown for streams of somebody else', 'wss://a.proxy', undefined, undefined],
  ['unknown for a host that only looks like Binance', 'wss://notbinance.com', undefined, undefined],
  ['unknown for a host of another name behind', 'wss://binance.com.evil.example', undefined, undefined],
  ['unknown for the testnet', 'wss://stream.testnet.binance.vision', undefined, undefined],
  ['the one that is set, whatever the streams', 'wss://a.proxy', 'https://a.rest', 'https://a.rest'],
  ['the one that is set for the usual streams, too', undefined, 'https://a.rest', 'https://a.rest'],
])('the address of history is %s', (_, wsUrl, restUrl, host) => {
  expect(historyHost({ ...(wsUrl !== undefined && { wsUrl }), ...(restUrl !== undefined && { restUrl }) }, spot)).toBe(
    host,
  );
});

it('the address of history is unknown in a market that has none', () => {
  const urls = { ...spot.urls, rest: [] };
  expect(historyHost({}, { urls })).toBeUndefined();
});
