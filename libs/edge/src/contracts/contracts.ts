import type { Contract, LooseContract } from '#libs/core';
import { ConflatedSeat } from '../delivery/conflation/conflated-seat.js';
import type { EdgeStream } from '../streams/edge-stream.js';
import type { ContractClient } from './contract-client.js';

/** A client hears a stream, under this contract. */
export function sit(client: ContractClient, stream: EdgeStream, contract: Contract): void {
  if (contract.delivery !== 'all') {
    if (!client.flow) throw new Error('this client has no flow');
    // Who reads now is known to answer pings, should it stop.
    client.flow.ask();
    client.hearers.set(stream.name, {
      rendition: 'native',
      join: (topic) => client.join(topic),
      leave: (topic) => client.leave(topic),
      conflated: new ConflatedSeat(contract, client.flow),
    });
  }
  stream.audience.seat(client.hearerOf(stream));
}

/** It has another contract from now on. What waits under the one before goes out first. */
export function changeContract(client: ContractClient, stream: EdgeStream, contract: Contract): void {
  const { conflated } = client.hearerOf(stream);
  if (!conflated && contract.delivery === 'all') return;
  client.send(...(conflated?.rest() ?? []));
  stream.audience.unseat(client.hearerOf(stream));
  client.hearers.delete(stream.name);
  sit(client, stream, contract);
}

/** Under what a client has a stream; undefined where that is `all`. */
export const looseContractOf = (client: ContractClient, stream: EdgeStream): LooseContract | undefined =>
  client.hearerOf(stream).conflated?.contract;
