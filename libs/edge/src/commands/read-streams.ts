import type { ParsedStream } from '#libs/binance';
import { HoldfastError, type StreamName } from '#libs/core';
import type { Session } from '../door/session.js';

/**
 * Understands the names of a command: here they come in. Those that the client has already are understood already.
 *
 * @throws HoldfastError when one is not a stream's of the client's market.
 */
export const readStreams = ({ streams, entry }: Session, names: readonly StreamName[]): ParsedStream[] =>
  names.map((name) => {
    const known = streams.get(name);
    if (known) return known.parsed;
    const parsed = entry.market.parse(name);
    if (!parsed.ok) throw new HoldfastError(parsed.problem.code, parsed.problem.message);
    return parsed.value;
  });
