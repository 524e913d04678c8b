import { isState } from '#libs/binance';
import type { StreamName } from '#libs/core';
import type { Flow } from '../delivery/conflation/flow.js';
import { SlowSeat } from '../delivery/conflation/slow-seat.js';
import { hearerFor } from '../delivery/crowd.js';
import type { EdgeStream } from '../streams/edge-stream.js';
import type { ContractClient } from './contract-client.js';

/**
 * A client of Binance's wire reads too slowly: of streams that say how something stands it gets the newest alone, until it has read
 * all that there was. Those of events go on as they come.
 */
export function slowDown(client: ContractClient): void {
  const { flow } = client;
  if (!flow || client.rendition === 'native') return;
  const states = [...client.streams].flatMap(([name, stream]) =>
    stream && isState(stream.parsed) && !client.hearerOf(name).slow ? [{ name, stream }] : [],
  );
  for (const { name, stream } of states) takeOffTopic(client, name, stream, flow);
  if (states.length === 0) return;
  flow.caughtUp = () => speedUp(client, flow);
  flow.ask();
}

function takeOffTopic(client: ContractClient, name: StreamName, { audience, frames }: EdgeStream, flow: Flow): void {
  const usual = client.hearerOf(name);
  audience.unseat(usual);
  const slow = new SlowSeat(
    (events) => (usual.rendition === 'native' ? undefined : frames.textIn(usual.rendition, events)),
    flow,
  );
  const hearer = hearerFor(client, () => usual.rendition, { usual, slow });
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
