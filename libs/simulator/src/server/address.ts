import type { TimeUnit } from '../wire/channel.js';

/** What a stream URL asks for. */
export interface Wish {
  isCombined: boolean;
  timeUnit: TimeUnit;
  streams: string[];
}

/**
 * Reads path and query of an upgrade: `/ws`, `/ws/<stream>[/<stream>…]`, `/stream`, `/stream?streams=a/b`, each with
 * `timeUnit`. Percent-encoding is undone; a `+` stays a plus, as in `@+08:00`. Undefined for any other path.
 */
export function readAddress(url: string): Wish | undefined {
  const [path = '', query = ''] = url.split('?', 2);
  const values = new Map(query.split('&').map((pair) => splitOnce(pair, '=')));
  const timeUnit = values.get('timeUnit')?.toUpperCase() === 'MICROSECOND' ? 'MICROSECOND' : 'MILLISECOND';
  if (path === '/stream') return { isCombined: true, timeUnit, streams: names(values.get('streams') ?? '') };
  if (path === '/ws' || path.startsWith('/ws/'))
    return { isCombined: false, timeUnit, streams: names(path.slice('/ws/'.length)) };
  return undefined;
}

/** Split first, decode after, as a `/` inside a name would be encoded. Malformed encoding leaves the text as it is. */
const names = (text: string): string[] =>
  text
    .split('/')
    .filter(Boolean)
    .flatMap((name) => decoded(name).split('/'));

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function splitOnce(text: string, by: string): [string, string] {
  const at = text.indexOf(by);
  return at < 0 ? [text, ''] : [text.slice(0, at), text.slice(at + 1)];
}
