import type { Buffer } from 'node:buffer';
import { spot } from '#libs/binance';
import { MemoryBus } from '#libs/bus';
import type { StreamName } from '#libs/core';
import { silentDial, type SocketEvents } from '#libs/link';
import { UpstreamSettings } from '#libs/runtime';
import { Upstream } from '#libs/upstream';
import { upstreamParts } from '../../test/support/upstream-parts.js';

/** An upstream as standalone runs it, on a memory bus, whose socket is ours to speak through. */
export interface WholeUpstream {
  /** One message from Binance, all the way to the bus. */
  hear(frame: Buffer): void;
  /** How many messages came out on the bus. */
  published(): number;
  stop(): Promise<void>;
}

/** Nobody listens there. Not the usual host, whose REST would be asked for books and history. */
const NOWHERE = '127.0.0.1:9';

/**
 * @param repairs Whether there is REST, and with it everything that would fill holes.
 * @param listeners On the bus, per stream. They only look at the text's length: what an edge does is measured by `fanout`.
 */
export async function startWhole(
  streams: readonly StreamName[],
  listeners: 0 | 1,
  repairs = false,
): Promise<WholeUpstream> {
  const sockets: SocketEvents[] = [];
  const bus = new MemoryBus();
  let heard = 0;
  const always = streams.flatMap((name) => {
    const parsed = spot.parse(name);
    return parsed.ok ? [parsed.value] : [];
  });
  if (listeners > 0) {
    for (const stream of always) bus.messages.subscribe(spot.topic(stream), (text) => (heard += text.length));
  }
  const settings = Object.assign(
    new UpstreamSettings(),
    { wsUrl: `ws://${NOWHERE}`, symbolsEveryMs: 0 },
    repairs && { restUrl: `http://${NOWHERE}` },
  );
  const upstream = new Upstream(settings, {
    ...upstreamParts(),
    market: spot,
    always,
    bus,
    dial: silentDial(sockets),
  });
  await upstream.start();
  // Dialling happens in a later turn of the loop.
  while (sockets.length === 0) await new Promise((resume) => setImmediate(resume));
  const [socket] = sockets;
  socket?.opened({});
  return {
    hear: (frame) => socket?.message(frame, false),
    published: () => bus.counts.published + heard,
    stop: () => upstream.stop(),
  };
}
