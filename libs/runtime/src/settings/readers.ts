import { isIP } from 'node:net';
import type { SettingReader } from './setting.js';

export const text: SettingReader<string> = (given) => given.trim();

/** White space may be part of it, as in a password. */
export const asItIs: SettingReader<string> = (given) => given;

export const integer: SettingReader<number> = (given) =>
  /^-?\d{1,15}$/.test(given.trim()) ? Number(given) : undefined;

export const yesOrNo: SettingReader<boolean> = (given) => {
  const word = given.trim().toLowerCase();
  if (word === 'yes' || word === 'true') return true;
  if (word === 'no' || word === 'false') return false;
  return undefined;
};

/** Comma separated; white space around and empty items are dropped. */
export const list: SettingReader<string[]> = (given) =>
  given
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '');

const HOST_NAME =
  /^(?=.{1,253}$)[A-Za-z0-9_]([A-Za-z0-9_-]*[A-Za-z0-9_])?(\.[A-Za-z0-9_]([A-Za-z0-9_-]*[A-Za-z0-9_])?)*\.?$/;

/** A host name or an IP address; an IPv6 one also in brackets, which are taken off. */
export const host: SettingReader<string> = (given) => {
  const name = given.trim().replace(/^\[(.*)\]$/, '$1');
  if (isIP(name) > 0) return name;
  // What looks like an IPv4 address and is none would be looked up as a name.
  return HOST_NAME.test(name) && !/^[\d.]+$/.test(name) ? name : undefined;
};

/** A base URL of which every part is used, so there is no path. */
const baseUrl =
  (scheme: RegExp): SettingReader<string> =>
  (given) => {
    const written = given.trim();
    const url = scheme.test(written) && /^\w+:\/\/[^\s/?#\\]+\/?$/.test(written) ? URL.parse(written) : null;
    if (!url || url.hostname === '' || url.port === '0') return undefined;
    return written;
  };

/** One that a WebSocket can be opened under. */
export const webSocketUrl = baseUrl(/^wss?:/);

/** One that a REST API is below. */
export const httpUrl = baseUrl(/^https?:/);
