import type { Clock, Topic } from '#libs/core';
import type { BusCounts } from '../../local/bus-metrics.js';
import type { LeaseHold } from '../../ports/lease.js';
import type { Carrier } from '../pubsub/carrier.js';
import type { Lane } from '../pubsub/lane.js';
import type { HeldGate } from '../pubsub/publisher.js';
import { answered } from './answered.js';
import type { HeldGates } from './held-gates.js';
import { killArguments, readConnection } from './own-connection.js';
import { ENTER, type RegisteredConnection, entryArguments, readEntry } from './scripts.js';

export interface LeaseParts {
  carrier: Carrier;
  clock: Clock;
  counts: Pick<BusCounts, 'droppedDown'>;
}

/** A connection of our own that is to enter, and the gate that it opens then. */
interface Entrant {
  lane: Lane;
  gate: HeldGate;
  connection: string;
}

/** Nobody enters beside us, so the first answer names all that are to be killed; only a record that a stranger writes to names more. */
const MOST_ROUNDS = 3;

/** Runs a script on the record of a lease. */
export function runAt(
  { carrier, clock }: LeaseParts,
  key: Topic,
  script: string,
  ...args: (string | number)[]
): Promise<unknown> {
  const { redis } = carrier.records;
  return answered(clock, redis.eval(script, 1, carrier.records.key(key), ...args));
}

export const connectedLanes = ({ lanes }: Carrier): Lane[] =>
  lanes.all.filter(({ parts }) => parts.publishing.redis.status === 'ready');

/** How the connections of a holder enter the record of his lease: all that are there together, once every other one is dead. */
export class LeaseEntry {
  constructor(
    private readonly parts: LeaseParts,
    private readonly key: Topic,
    private readonly held: LeaseHold,
    private readonly gates: HeldGates,
  ) {}

  /** Opens the gates of those that are still there. Rejects where Redis refuses or does not answer, or home broke meanwhile. */
  async make(): Promise<'entered' | 'lost'> {
    const { home } = this.parts.carrier.lanes;
    const gate = this.gates.of(home);
    const entrants = await this.entrants();
    // It may have come since: whoever has entered must be able to say what home carries.
    if (!entrants.some(({ lane }) => lane === home))
      throw new Error('The connection to where records are is not there');
    const killed: string[] = [];
    const leftOut = new Set<string>();
    for (let round = 0; round < MOST_ROUNDS; round += 1) {
      this.mustBeAsBefore(home, gate);
      const own = entrants.map(({ lane, connection }) => ({ lane: lane.name, connection }));
      const mayRestore = this.held.mayRestore();
      const entry = entryArguments({ ...this.held, mayRestore, own, leftOut: [...leftOut], killed });
      const answer = readEntry(await runAt(this.parts, this.key, ENTER, ...entry));
      if (answer.is === 'lost') return 'lost';
      this.mustBeAsBefore(home, gate);
      if (answer.is === 'entered') {
        const entered = entrants.filter(({ lane }) => !leftOut.has(lane.name));
        for (const one of entered) this.gates.open(one.lane, one.gate, one.connection);
        return 'entered';
      }
      await Promise.all(answer.rivals.map((rival) => this.kill(rival, killed, leftOut)));
    }
    throw new Error(`Connections that cannot be ended are in the record of the lease ${this.key}`);
  }

  /** Those of our connections that are there, as their Redis knows them. */
  private async entrants(): Promise<Entrant[]> {
    const { clock, carrier } = this.parts;
    const entrants = connectedLanes(carrier).map(async (lane): Promise<Entrant[]> => {
      const gate = this.gates.of(lane);
      try {
        const info = await answered(clock, lane.parts.publishing.redis.client('INFO'));
        const connection = readConnection(info, lane.shard);
        if (connection === undefined) throw new Error(`Redis does not say which connection this is: ${info}`);
        return [{ lane, gate, connection }];
      } catch (error) {
        if (lane === carrier.lanes.home) throw error;
        return [];
      }
    });
    return (await Promise.all(entrants)).flat();
  }

  /** Redis carries nothing more of it, not even what it has received already; or its shard cannot be asked, and is left out. */
  private async kill(
    { connection, lane }: RegisteredConnection,
    killed: string[],
    leftOut: Set<string>,
  ): Promise<void> {
    const { carrier, clock } = this.parts;
    const order = killArguments(connection);
    try {
      if (order) await answered(clock, carrier.lanes.kill(lane, order));
      killed.push(connection);
    } catch (error) {
      if (lane === carrier.lanes.home.name) throw error;
      leftOut.add(lane);
    }
  }

  private mustBeAsBefore(home: Lane, gate: HeldGate): void {
    if (this.gates.of(home) !== gate)
      throw new Error('The connection has not entered: it broke, or was cut, meanwhile');
  }
}
