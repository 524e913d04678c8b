import { isState } from '#libs/binance';
import type { StreamName } from '#libs/core';
import type { Flow } from '../delivery/conflation/flow.js';
import { SlowSeat } from '../delivery/conflation/slow-seat.js';
import type { Rendition } from '../delivery/rendition.js';
import type { ContractClient } from './contract-client.js';

/**
 * A client of Binance's wire reads too slowly: of streams that say how something stands it gets the newest alone, until it has read
 * all that there was. Those of events go on as they come.
 */
export function slowDown(client: ContractClient): void {
  const { flow } = client;
  if (!flow || client.rendition === 'native') return;
  const states = [...client.streams].filter(
    ([name, stream]) => stream && isState(stream.parsed) && !client.hearerOf(name).slow,
  );
  for (const [name] of states) takeOffTopic(client, name, flow);
  if (states.length === 0) return;
  flow.caughtUp = () => speedUp(client, flow);
  flow.ask();
}

function takeOffTopic(client: ContractClient, name: StreamName, flow: Flow): void {
  const stream = client.streams.get(name);
  if (!stream) return;
  const { audience, frames } = stream;
  const usual = client.hearerOf(name);
  audience.unseat(usual);
  const hearer = {
    get rendition(): Rendition {
      return usual.rendition;
    },
    join: (topic: string) => client.join(topic),
    leave: (topic: string) => client.leave(topic),
    usual,
    slow: new SlowSeat(
      (events) => (usual.rendition === 'native' ? undefined : frames.textIn(usual.rendition, events)),
      flow,
    ),
  };
  client.hearers.set(name, hearer);
  audience.seat(hearer);
}

function speedUp(client: ContractClient, flow: Flow): void {
  flow.caughtUp = undefined;
  for (const [name, stream] of client.streams) {
    const hearer = client.hearerOf(name);
    if (!hearer.slow || !stream) continue;
    stream.audience.unseat(hearer);
    const usual = hearer.usual ?? client;
    if (usual === client) client.hearers.delete(name);
    else client.hearers.set(name, usual);
    stream.audience.seat(usual);
  }
}
