import { WebSocket } from 'ws';
import { spot } from '#libs/binance';
import { MemoryBus } from '#libs/bus';
import { type Dial, silentDial, type SocketEvents } from '#libs/link';
import { UpstreamSettings, systemClock } from '#libs/runtime';
import { Upstream, wsDial } from '#libs/upstream';
import { upstreamParts } from '../../test/support/upstream-parts.js';

/** Somebody who gets frames from a real socket. */
export interface Receiver {
  name: string;
  /** Connects; `heard` is told of each message once all is done with it. */
  start(url: string, heard: () => void): Promise<() => Promise<void>>;
}

export const RECEIVERS: readonly Receiver[] = [
  { name: 'bare ws: received, nothing done', start: bare },
  { name: 'received and kept by a spare line', start: kept },
];

async function bare(url: string, heard: () => void): Promise<() => Promise<void>> {
  const ws = new WebSocket(url, { perMessageDeflate: false, skipUTF8Validation: true });
  ws.on('message', heard);
  await new Promise((resolve) => ws.once('open', resolve));
  return () => {
    ws.terminate();
    return Promise.resolve();
  };
}

/** The spare line of a whole upstream; the line beside it is open and says nothing. */
async function kept(url: string, heard: () => void): Promise<() => Promise<void>> {
  const sockets: SocketEvents[] = [];
  const silent = silentDial(sockets);
  let tellOpen: () => void = () => undefined;
  const isOpen = new Promise<void>((resolve) => (tellOpen = resolve));
  const dial: Dial = (to, events) => {
    if (sockets.length === 0) return silent(to, events);
    return wsDial(systemClock, { connectTimeoutMs: 5_000 })(url, {
      ...events,
      opened: (endpoints) => {
        events.opened(endpoints);
        tellOpen();
      },
      message: (bytes, isBinary) => {
        events.message(bytes, isBinary);
        heard();
      },
    });
  };
  const stream = spot.parse('btcusdt@trade');
  const upstream = new Upstream(Object.assign(new UpstreamSettings(), { spareLine: true, wsUrl: url }), {
    ...upstreamParts(),
    market: spot,
    always: stream.ok ? [stream.value] : [],
    bus: new MemoryBus(),
    dial,
  });
  await upstream.start();
  while (sockets.length === 0) await new Promise((resume) => setImmediate(resume));
  sockets[0]?.opened({});
  await isOpen;
  return () => upstream.stop();
}
