import { count, counted, endKind, sayEnding } from '#libs/core';
import type { Facts } from './facts.js';
import type { Health, Reason, HealthVerdict } from '../words/page.js';

/** How things are called where people read of them. */
const NAMES: Readonly<Record<string, string>> = {
  bus: 'Redis',
  'upstream heard': 'Upstream',
  'connections to Binance': 'Binance',
  term: 'Publishing',
  edge: 'Clients’ port',
  process: 'Process',
  start: 'Start',
};

/** The trouble of which the journal knows the reason. */
export const CONNECTIONS = 'connections to Binance';

export const nameOf = (trouble: string): string => NAMES[trouble] ?? trouble;

/** How a process is by what was seen, and since when, if `before` is how it was. */
export function verdictOf(facts: Facts, before: HealthVerdict): HealthVerdict {
  const health = healthOf(facts);
  const sinceAt = health === before.health ? before.sinceAt : facts.at;
  return { health, sinceAt, reasons: reasonsOf(facts) };
}

function healthOf({ troubles, behind, counted: { unwell } }: Facts): Health {
  if (Object.keys(troubles).length > 0) return 'down';
  return Object.keys(behind).length > 0 || unwell > 0 ? 'impaired' : 'well';
}

function reasonsOf({ troubles, behind, ended, counted: { unwell, streams } }: Facts): Reason[] {
  const last = [...ended.values()].at(-1);
  const because = last && endKind(last) !== 'planned' ? `. ${sayEnding(last)}` : '';
  const wrong = Object.entries({ ...troubles, ...behind }).map(([name, why]) => ({
    what: nameOf(name),
    why: name === CONNECTIONS ? why + because : why,
  }));
  if (unwell === 0) return wrong;
  const why = `${count(unwell)} of ${counted(streams, 'stream')} ${unwell === 1 ? 'does not flow as it should' : 'do not flow as they should'}`;
  return [...wrong, { what: 'Streams', why }];
}
