import type { Contract, LooseContract, StreamName } from '#libs/core';
import { ConflatedSeat } from '../delivery/conflation/conflated-seat.js';
import { hearerFor } from '../delivery/crowd.js';
import type { ContractClient } from './contract-client.js';

/** A client hears from now on, under this contract, what it has by this name. */
export function sit(client: ContractClient, name: StreamName, contract: Contract): void {
  if (contract.delivery !== 'all') {
    if (!client.flow) throw new Error('this client has no flow');
    // Who reads now is known to answer pings, should it stop.
    client.flow.ask();
    const conflated = new ConflatedSeat(contract, client.flow);
    client.hearers.set(
      name,
      hearerFor(client, () => 'native', { conflated }),
    );
  }
  client.streams.get(name)?.audience.seat(client.hearerOf(name));
}

/** It has what it has by this name under another contract from now on. What waits under the one before goes out first. */
export function changeContract(client: ContractClient, name: StreamName, contract: Contract): void {
  const stream = client.streams.get(name);
  const { conflated } = client.hearerOf(name);
  if (!stream || (!conflated && contract.delivery === 'all')) return;
  client.send(...(conflated?.rest() ?? []));
  stream.audience.unseat(client.hearerOf(name));
  client.hearers.delete(name);
  sit(client, name, contract);
}

/** Under what a client has a stream; undefined where that is `all`. */
export const looseContractOf = (client: ContractClient, name: StreamName): LooseContract | undefined =>
  client.hearerOf(name).conflated?.contract;
