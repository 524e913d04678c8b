/**
 * Prints, as JSON, the functions of ours that one trade enters on its way from the socket to uWebSockets.js, and those that the warm-up of
 * both roles enters.
 */
import { Buffer } from 'node:buffer';
import { spot } from '#libs/binance';
import { Edge } from '#libs/edge';
import { silentDial, type SocketEvents } from '#libs/link';
import { UpstreamSettings } from '#libs/runtime';
import { Upstream } from '#libs/upstream';
import { startEdge } from '../start-edge.js';
import { until } from '../until.js';
import { upstreamParts } from '../upstream-parts.js';
import { WsClient } from '../ws-client.js';
import { type FunctionEntry, functionEntries } from './function-entries.js';

const STREAM = 'btcusdt@trade';
const FRAMES = 100;

/** Each frame comes at least once, however slow the machine is. */
const WARM_UP_MS = 100;

const sockets: SocketEvents[] = [];
const edge = await startEdge();
const upstream = new Upstream(Object.assign(new UpstreamSettings(), { symbolsEveryMs: 0 }), {
  ...upstreamParts(),
  market: spot,
  bus: edge.bus,
  dial: silentDial(sockets),
});
const warm = await functionEntries(async () => {
  await edge.app.get(Edge).warmUp(WARM_UP_MS);
  await upstream.warmUp(WARM_UP_MS);
});
await upstream.start();
const client = await WsClient.open(`${edge.wsUrl}/v1`);
client.send({ event: 'subscribe', id: 1, data: { streams: [STREAM] } });
await until(() => sockets.length === 1);
const [socket] = sockets;
socket?.opened({});
await until(() => client.messages.some(({ event }) => event === 'subscribed'));

let id = 0;
const frame = (): Buffer => {
  id += 1;
  const data = `{"e":"trade","E":1700000000000,"s":"BTCUSDT","t":${id},"p":"1.50","q":"2.00","T":1700000000000,"m":true,"M":true}`;
  return Buffer.from(`{"stream":"${STREAM}","data":${data}}`);
};
const hear = (): void => {
  for (let count = 0; count < FRAMES; count += 1) socket?.message(frame(), false);
};

hear();
await until(() => client.texts.length > FRAMES);
const entries = await functionEntries(hear);
await client.close();
await upstream.stop();
await edge.stop();
const entered = (counted: FunctionEntry[], times: number): object[] =>
  counted.filter((entry) => entry.times >= times).map(({ file, name }) => ({ file, name }));
// What happens less than once a frame is not on its way.
process.stdout.write(JSON.stringify({ onTheWay: entered(entries, FRAMES), warm: entered(warm, 1) }));
process.exit(0);
