import { Buffer } from 'node:buffer';
import { setImmediate as turnOfTheLoop } from 'node:timers/promises';
import { type Market, sampleStreams } from '#libs/binance';
import { MemoryBus } from '#libs/bus';
import type { Millis } from '#libs/core';
import { type SocketEvents, silentDial } from '#libs/link';
import {
  Metrics,
  Ops,
  type Service,
  UpstreamSettings,
  again,
  silentLog,
  systemClock,
  systemRandom,
} from '#libs/runtime';
import type { UpstreamParts } from './wiring/upstream-parts.js';

/** Nobody is there, and it is not Binance, whose REST would be asked for books and history. */
const NOWHERE = { wsUrl: 'ws://127.0.0.1:9', symbolsEveryMs: 0 };

/** Small, so that it has to be cleared as well. */
const KEPT = { historyStreamBytes: 100_000, historyBytes: 1_000_000 };

/** In so many turns of the loop an upstream has dialled. */
const MOST_TURNS = 1_000;

/**
 * Reads frames of every type with an upstream of its own, from a socket that is none to a bus of its own. It is made of the same classes
 * as the real one, so what V8 learns and compiles here serves from the first frame on; nothing of it is kept.
 */
export async function warmUp(
  market: Market,
  make: (settings: UpstreamSettings, parts: UpstreamParts) => Pick<Service, 'start' | 'stop'>,
  forMs: Millis,
): Promise<void> {
  const samples = sampleStreams(market);
  const bus = new MemoryBus();
  for (const { stream } of samples) bus.messages.subscribe(market.topic(stream), () => undefined);
  const sockets: SocketEvents[] = [];
  const upstream = make(Object.assign(new UpstreamSettings(), NOWHERE, KEPT), {
    market,
    always: samples.map(({ stream }) => stream),
    bus,
    dial: silentDial(sockets),
    clock: systemClock,
    random: systemRandom,
    log: silentLog,
    metrics: new Metrics(),
    ops: new Ops(),
  });
  try {
    await upstream.start();
    const socket = await firstOf(sockets);
    socket.opened({});
    await again(forMs, (count) => {
      for (const { frame } of samples) socket.message(Buffer.from(frame(count)), false);
    });
  } finally {
    await upstream.stop();
  }
}

async function firstOf(sockets: readonly SocketEvents[]): Promise<SocketEvents> {
  for (let turn = 0; turn < MOST_TURNS; turn += 1) {
    if (sockets[0]) return sockets[0];
    await turnOfTheLoop();
  }
  throw new Error('no connection was opened');
}
