import { type BlockList, SocketAddress, isIP } from 'node:net';
import type { Visit } from './visit.js';

/** An address of 4 or 16 bytes as text; empty for none. One of IPv4 inside IPv6 is one of IPv4. */
export function addressText(bytes: Uint8Array): string {
  if (bytes.length === 4) return bytes.join('.');
  if (bytes.length !== 16) return '';
  if (MAPPED.every((byte, at) => bytes[at] === byte)) return bytes.subarray(MAPPED.length).join('.');
  const words = Array.from({ length: 8 }, (_, at) =>
    (((bytes[2 * at] ?? 0) << 8) | (bytes[2 * at + 1] ?? 0)).toString(16),
  );
  return canonical(words.join(':'));
}

/** `::ffff:0:0/96`. */
const MAPPED = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff];

/**
 * Whose request it is. Only a proxy that is trusted is believed when it names somebody else, and of what `X-Forwarded-For` says only
 * what trusted proxies have written: from its end on, up to the first address that is none of theirs.
 */
export function clientAddress({ peer, proxied, forwardedFor }: Visit, trusted: BlockList): string {
  if (!isTrusted(peer, trusted)) return peer;
  let nearest = proxied === '' ? peer : proxied;
  for (const named of forwardedFor.split(',').reverse()) {
    const address = isTrusted(nearest, trusted) ? readAddress(named.trim()) : undefined;
    if (address === undefined) return nearest;
    nearest = address;
  }
  return nearest;
}

export const isTrusted = (address: string, trusted: BlockList): boolean =>
  isIP(address) > 0 && trusted.check(address, isIP(address) === 4 ? 'ipv4' : 'ipv6');

/** What is counted as one stranger: an address, or the 64 bits of IPv6 that everybody has who has one. */
export function countedAs(address: string): string {
  if (isIP(address) !== 6) return address;
  const [left = '', right] = address.split('::', 2);
  const groups = left === '' ? [] : left.split(':');
  const after = right ? right.split(':').length : 0;
  const zeros = right === undefined ? 0 : 8 - groups.length - after;
  const all = [...groups, ...Array<string>(Math.max(0, zeros)).fill('0'), ...(right ? right.split(':') : [])];
  return `${all.slice(0, 4).join(':')}::/64`;
}

/** With a port, as some proxies write it, or without. */
function readAddress(text: string): string | undefined {
  const [, bracketed, plain] = /^(?:\[([^\]]+)\](?::\d+)?|(\d+(?:\.\d+){3})(?::\d+)?)$/.exec(text) ?? [];
  const address = bracketed ?? plain ?? text;
  if (isIP(address) === 4) return address;
  return isIP(address) === 6 ? canonical(address) : undefined;
}

/** An address has one text, however it was written. */
const canonical = (address: string): string => {
  const { address: written } = new SocketAddress({ address, family: 'ipv6' });
  return /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(written)?.[1] ?? written;
};
