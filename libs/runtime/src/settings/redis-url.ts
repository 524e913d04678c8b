import type { SettingReader } from './setting.js';

/**
 * A Redis URL whose every part is used. Anything else is refused rather than guessed at: a `#`, `?` or `/` in a password that
 * is not percent-encoded ends the host, and a database number would keep keys apart but not channels.
 */
export const redisUrl: SettingReader<string> = (given) => {
  const text = given.trim();
  const url = /^rediss?:\/\/[^\s?#]+$/.test(text) ? URL.parse(text) : null;
  if (!url || url.hostname === '' || url.port === '0') return undefined;
  if (!['', '/', '/0'].includes(url.pathname)) return undefined;
  if (!isDecodable(url.username) || !isDecodable(url.password)) return undefined;
  // A user without a password is a password that was written in the wrong place.
  if (url.username !== '' && url.password === '') return undefined;
  return text;
};

function isDecodable(encoded: string): boolean {
  try {
    decodeURIComponent(encoded);
    return true;
  } catch {
    return false;
  }
}
