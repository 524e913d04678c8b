import { stamp } from '#libs/core';
import type { Gate, Moment, SimRefusal, Stay, GateStep } from '../server/gate.js';
import { closeCode, oneOf, refusalStatus, whole } from './parameter.js';
import { incident, type World } from './world.js';

const count = whole('for so many attempts; 1 unless this or forMs is given', undefined);
const forMs = whole('for this many milliseconds', undefined);

/** One attempt when nothing is said. */
export function stayOf({ count: times, forMs: duringMs }: Stays): Stay {
  if (times === undefined) return duringMs === undefined ? { count: 1 } : { forMs: duringMs };
  return duringMs === undefined ? { count: times } : { count: times, forMs: duringMs };
}

interface Stays {
  count: number | undefined;
  forMs: number | undefined;
}

function order(gate: Gate, step: GateStep, parameters: Stays): number {
  gate.order(step, stayOf(parameters));
  return 0;
}

/** Parameters of a refusal, on the streams' port and on REST alike. */
export const REFUSAL = {
  status: refusalStatus(429),
  retryAfter: whole('seconds in Retry-After; without it there is no such header', undefined),
  retryAfterAs: oneOf('how Retry-After is written', 'seconds', ['seconds', 'date'] as const),
  count,
  forMs,
};

interface RefusalParameters extends Stays {
  status: number;
  retryAfter: number | undefined;
  retryAfterAs: 'seconds' | 'date';
}

/** The refusal that the parameters stand for. */
export function refusalOf(world: World, { status, retryAfter, retryAfterAs }: RefusalParameters): SimRefusal {
  if (retryAfter === undefined) return { status };
  if (retryAfterAs === 'seconds') return { status, retryAfter };
  return { status, retryAfter: new Date(stamp(world.clock) + retryAfter * 1_000).toUTCString() };
}

/** Ways of treating new connection attempts. The count of struck connections is 0: none is open yet. */
export const ATTEMPTS = {
  refuse: incident({
    says: 'refuses upgrades with an HTTP status',
    parameters: REFUSAL,
    strike: (world, parameters) => order(world.door.gate, { refuse: refusalOf(world, parameters) }, parameters),
  }),
  'refuse-reset': incident({
    says: 'resets TCP instead of answering the upgrade',
    parameters: { count, forMs },
    strike: (world, parameters) => order(world.door.gate, { reset: true }, parameters),
  }),
  'slow-accept': incident({
    says: 'accepts TCP and answers the upgrade late, or never',
    parameters: { delayMs: whole('how late; 0 is never', 3_000), count, forMs },
    strike: (world, parameters) =>
      order(world.door.gate, { slow: parameters.delayMs === 0 ? 'never' : parameters.delayMs }, parameters),
  }),
  flap: incident({
    says: 'accepts, then closes right away or after the first data frame',
    parameters: {
      when: oneOf('when it closes', 'open', ['open', 'first-frame'] as const satisfies readonly Moment[]),
      code: closeCode(1000),
      count: whole('for so many attempts', 3),
      forMs,
    },
    strike: (world, parameters) =>
      order(world.door.gate, { close: { code: parameters.code }, when: parameters.when }, parameters),
  }),
  'stall-replacement': incident({
    says: 'new connections get upgrade, pings and replies but no data, while old ones go on',
    parameters: { count, forMs },
    strike: (world, parameters) => order(world.door.gate, { stall: true }, parameters),
  }),
  'silent-accept': incident({
    says: 'new connections are accepted and then hear nothing at all',
    parameters: { count, forMs },
    strike: (world, parameters) => order(world.door.gate, { silent: true }, parameters),
  }),
};
