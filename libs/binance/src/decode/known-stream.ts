import type { StreamName } from '#libs/core';
import { type KnownType, knownType } from '../registry.js';
import { findStream } from '../stream-name.js';
import type { ParsedStream } from '../stream-type.js';

/** A stream's name with all that `decode` needs to judge its frames. */
export interface KnownStream {
  name: ParsedStream;
  type: KnownType;
  /** How many characters stand around the payload in a combined frame: `{"stream":"…","data":…}`. */
  envelopeLength: number;
}

const MOST_REMEMBERED = 20_000;
const remembered = new Map<StreamName, KnownStream>();

/** What we know about a stream by its name; undefined when it is not one. Remembers, because every frame asks. */
export function knownStream(name: StreamName): KnownStream | undefined {
  const known = remembered.get(name);
  if (known) return known;
  const parsed = findStream(name);
  if (!parsed) return undefined;
  const made = {
    name: parsed,
    type: knownType(parsed.type),
    envelopeLength: '{"stream":"","data":}'.length + name.length,
  };
  if (remembered.size >= MOST_REMEMBERED) remembered.clear();
  remembered.set(name, made);
  return made;
}
