import { type Result, notOk, ok } from '#libs/core';
import type { TimeUnit } from '../wire/channel.js';
import type { SimRefusal } from './gate.js';
import { LONGEST_SIM_NAME } from './rules/requests.js';

/** What a stream URL asks for. */
export interface Wish {
  isCombined: boolean;
  timeUnit: TimeUnit;
  streams: string[];
}

/**
 * Reads path and query of an upgrade: `/ws`, `/ws/<stream>[/<stream>…]`, `/stream`, `/stream?streams=a/b`, each with
 * `timeUnit`. Percent-encoding is undone; a `+` stays a plus, as in `@+08:00`. Any name will do, whether there is such a stream or
 * not, but an encoding that is none, or a name that no request could hold, is refused with 400, and any other path with 404.
 */
export function readAddress(url: string): Result<Wish, SimRefusal> {
  const [path = '', query = ''] = url.split('?', 2);
  const values = new Map(query.split('&').map((pair) => splitOnce(pair, '=')));
  const timeUnit = values.get('timeUnit')?.toUpperCase() === 'MICROSECOND' ? 'MICROSECOND' : 'MILLISECOND';
  if (path === '/stream' || path === '/stream/')
    return wishOf({ isCombined: true, timeUnit }, values.get('streams') ?? '');
  if (path === '/ws' || path.startsWith('/ws/'))
    return wishOf({ isCombined: false, timeUnit }, path.slice('/ws/'.length));
  return notOk({ status: 404 });
}

/** Decoded first: the slashes between names may be encoded, too. */
function wishOf(form: Omit<Wish, 'streams'>, text: string): Result<Wish, SimRefusal> {
  const streams = decoded(text)?.split('/').filter(Boolean);
  if (!streams || streams.some(({ length }) => length > LONGEST_SIM_NAME)) return notOk({ status: 400 });
  return ok({ ...form, streams });
}

function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}

function splitOnce(text: string, by: string): [string, string] {
  const at = text.indexOf(by);
  return at < 0 ? [text, ''] : [text.slice(0, at), text.slice(at + 1)];
}
