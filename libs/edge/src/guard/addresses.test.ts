import { describe, expect, it } from 'vitest';
import { networksOf } from '#libs/runtime';
import { addressText, clientAddress, countedAs } from './addresses.js';
import type { Visit } from './visit.js';

const TRUSTED = networksOf(['10.0.0.0/8', 'fd00::/8', '192.168.1.7']);

const visit = (peer: string, forwardedFor = '', proxied = ''): Visit => ({
  host: '',
  origin: '',
  authorization: '',
  protocols: '',
  query: '',
  forwardedFor,
  peer,
  proxied,
});

it.each([
  [[127, 0, 0, 1], '127.0.0.1'],
  [[...Array<number>(10).fill(0), 255, 255, 10, 1, 2, 3], '10.1.2.3'],
  [[...Array<number>(15).fill(0), 1], '::1'],
  [[0x20, 1, 0xd, 0xb8, ...Array<number>(11).fill(0), 0xa], '2001:db8::a'],
  [[], ''],
])('writes the address %j as %s', (bytes, text) => {
  expect(addressText(Uint8Array.from(bytes))).toBe(text);
});

describe('whose request it is', () => {
  it.each([
    ['a stranger’s own, whatever he says', visit('1.2.3.4', '9.9.9.9', '8.8.8.8'), '1.2.3.4'],
    ['the proxy’s own, where it names nobody', visit('10.0.0.1'), '10.0.0.1'],
    ['whom the proxy names', visit('10.0.0.1', '9.9.9.9'), '9.9.9.9'],
    ['whom the proxy names last, and not what was there before', visit('10.0.0.1', '6.6.6.6, 9.9.9.9'), '9.9.9.9'],
    ['whom the first of several proxies names', visit('10.0.0.1', '6.6.6.6, 9.9.9.9, 10.7.7.7,192.168.1.7'), '9.9.9.9'],
    ['whom a header of the PROXY protocol names', visit('10.0.0.1', '', '9.9.9.9'), '9.9.9.9'],
    ['whom a proxy names that one names', visit('10.0.0.1', '9.9.9.9', '10.0.0.2'), '9.9.9.9'],
    ['not what a stranger names behind one', visit('10.0.0.1', '6.6.6.6', '9.9.9.9'), '9.9.9.9'],
    ['the nearest known, where nonsense stands there', visit('10.0.0.1', '9.9.9.9, unknown'), '10.0.0.1'],
    ['an address with a port', visit('10.0.0.1', '9.9.9.9:443'), '9.9.9.9'],
    ['one of IPv6 in brackets', visit('fd00::1', '[2001:DB8:0::1]:443'), '2001:db8::1'],
    ['one of IPv4 in IPv6', visit('10.0.0.1', '::ffff:9.9.9.9'), '9.9.9.9'],
  ])('is %s', (_, given, expected) => expect(clientAddress(given, TRUSTED)).toBe(expected));
});

it.each([
  ['9.9.9.9', '9.9.9.9'],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
  ['2001:db8::1', '2001:db8:0:0::/64'],
  ['::1', '0:0:0:0::/64'],
  ['2001:db8:1:2::', '2001:db8:1:2::/64'],
])('counts %s as %s', (address, counted) => expect(countedAs(address)).toBe(counted));
