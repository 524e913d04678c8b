import type { ParsedStream, StreamNameProblem } from '#libs/binance';
import { HoldfastError, type StreamName } from '#libs/core';
import type { AskedNames } from '../door/request-path.js';
import type { Session } from '../door/session.js';

/** Bad names that one refusal names: finding the nearest good one is dear, so a list of nonsense is not read to its end. */
const MOST_BLAMED = 10;

/**
 * Understands the names of a command: here they come in. On Binance's wire any name will do, as there.
 *
 * @throws HoldfastError on our own where some are not a stream's of the client's market; it names them, up to a point.
 */
export function readStreams({ entry, wire }: Session, names: readonly StreamName[]): AskedNames {
  if (wire.name === 'binance') return new Map(names.map((name) => [name, entry.market.understand(name)]));
  const understood = new Map<StreamName, ParsedStream>();
  const blamed = new Map<StreamName, StreamNameProblem>();
  for (const name of names) {
    const parsed = entry.market.parse(name);
    if (!parsed.ok) blamed.set(name, parsed.problem);
    else if (parsed.value.alias !== undefined) blamed.set(name, otherName(parsed.value));
    else understood.set(name, parsed.value);
    if (blamed.size === MOST_BLAMED) break;
  }
  const [first] = blamed.values();
  if (first) throw new HoldfastError(first.code, first.message, { streams: sentencesOf(blamed, first.code) });
  return understood;
}

/** In our own protocol a stream has one name, as the events that come bear it. */
const otherName = ({ name, alias }: ParsedStream): StreamNameProblem => ({
  code: 'bad-stream',
  message: `${alias} is Binance's other name for ${name}: use ${name}`,
});

/** One refusal has one code, so it names those that share it. */
const sentencesOf = (
  blamed: ReadonlyMap<StreamName, StreamNameProblem>,
  code: StreamNameProblem['code'],
): Record<StreamName, string> =>
  Object.fromEntries(
    [...blamed].flatMap(([name, problem]) => (problem.code === code ? [[name, problem.message]] : [])),
  );
