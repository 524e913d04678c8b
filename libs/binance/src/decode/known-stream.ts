import { Buffer } from 'node:buffer';
import type { StreamName } from '#libs/core';
import { type KnownType, knownType } from '../registry.js';
import { findStream } from '../stream-name.js';
import type { ParsedStream } from '../stream-type.js';

/** A stream's name with all that `decode` needs to judge its frames. */
export interface KnownStream {
  name: ParsedStream;
  type: KnownType;
}

const MOST_REMEMBERED = 20_000;
const remembered = new Map<StreamName, KnownStream>();

/** What we know about a stream by its name; undefined when it is not one. Remembers, because every frame asks. */
export function knownStream(name: StreamName): KnownStream | undefined {
  const known = remembered.get(name);
  if (known) return known;
  // A copy: V8 cuts a name out of a frame as a view of the whole frame's text, which would stay in memory with it.
  const own = Buffer.from(name).toString();
  const parsed = findStream(own);
  if (!parsed) return undefined;
  const made = { name: parsed, type: knownType(parsed.type) };
  if (remembered.size >= MOST_REMEMBERED) remembered.clear();
  remembered.set(own, made);
  return made;
}
