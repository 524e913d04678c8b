import { isState } from '#libs/binance';
import type { Flow } from '../delivery/conflation/flow.js';
import { SlowSeat } from '../delivery/conflation/slow-seat.js';
import type { Rendition } from '../delivery/rendition.js';
import type { EdgeStream } from '../streams/edge-stream.js';
import type { ContractClient } from './contract-client.js';

/**
 * A client of Binance's wire reads too slowly: of streams that say how something stands it gets the newest alone, until it has read
 * all that there was. Those of events go on as they come.
 */
export function slowDown(client: ContractClient): void {
  const { flow } = client;
  if (!flow || client.rendition === 'native') return;
  const states = [...client.streams.values()].filter(
    (stream) => isState(stream.parsed) && !client.hearerOf(stream).slow,
  );
  for (const stream of states) takeOffTopic(client, stream, flow);
  if (states.length === 0) return;
  flow.caughtUp = () => speedUp(client, flow);
  flow.ask();
}

function takeOffTopic(client: ContractClient, stream: EdgeStream, flow: Flow): void {
  const { audience, frames } = stream;
  audience.unseat(client.hearerOf(stream));
  const hearer = {
    get rendition(): Rendition {
      return client.rendition;
    },
    join: (topic: string) => client.join(topic),
    leave: (topic: string) => client.leave(topic),
    slow: new SlowSeat(
      (events) => (client.rendition === 'native' ? undefined : frames.textIn(client.rendition, events)),
      flow,
    ),
  };
  client.hearers.set(stream.name, hearer);
  audience.seat(hearer);
}

function speedUp(client: ContractClient, flow: Flow): void {
  flow.caughtUp = undefined;
  for (const stream of client.streams.values()) {
    const hearer = client.hearerOf(stream);
    if (!hearer.slow) continue;
    stream.audience.unseat(hearer);
    client.hearers.delete(stream.name);
    stream.audience.seat(client);
  }
}
