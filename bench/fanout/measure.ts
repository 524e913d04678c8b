import { setTimeout as pause } from 'node:timers/promises';
import type { LoadOrders } from '../crowd/orders.js';
import type { Child } from '../processes/child.js';
import type { Drive, ServerOrders } from './orders.js';
import type { Listening } from './peers/peer.js';
import type { Contestant, Row } from './contestants.js';

/** One run of one contestant in one row. */
export interface Run {
  /** CPU time of the server, in microseconds, and how long that took. */
  cpuMicros: number;
  elapsedMs: number;
  /** CPU time per second with everybody connected and woken up as often, but nothing published; in milliseconds. */
  baselineMs: number;
  framesPerRead: number;
  delivered: number;
  lost: number;
  surplus: number;
}

export interface Server {
  child: Child<ServerOrders>;
  listening: Listening;
}

const WARM_UP_SECONDS = 0.2;
/** How much shorter than the measured run the baseline's is. */
const BASELINE_SHARE = 0.3;
/** Lets a server clear up after its clients before the next one is measured on the same core. */
const CLEAR_UP_MS = 150;

/** Connects a crowd, warms the server up, measures one run, and lets the crowd go. */
export async function measure(
  server: Server,
  load: Child<LoadOrders>,
  contestant: Contestant,
  row: Row,
  seconds: number,
): Promise<Run> {
  const door = server.listening.doors[contestant.door];
  if (!door) throw new Error(`${contestant.peer} has no door ${contestant.door}`);
  const drive = (lasting: number, burst = row.burst): Drive => ({
    bursts: Math.max(1, Math.round(row.burstsPerSecond * lasting)),
    burst,
    periodMs: 1_000 / row.burstsPerSecond,
  });
  await load.ask('connect', { port: server.listening.port, doors: [door], clients: row.clients });
  const warmUp = drive(WARM_UP_SECONDS);
  await load.ask('settle');
  await server.child.ask('drive', warmUp);
  await load.ask('tally', [warmUp.bursts * warmUp.burst]);
  await load.ask('settle');
  await server.child.ask('drive', drive(seconds * BASELINE_SHARE, 0));
  const baseline = await server.child.ask('spent');

  const measured = drive(seconds);
  await server.child.ask('drive', measured);
  const { frames, reads, lost, surplus } = await load.ask('tally', [measured.bursts * measured.burst]);
  const spent = await server.child.ask('spent');

  await load.ask('disconnect');
  await pause(CLEAR_UP_MS);
  const baselineMs = baseline.cpuMicros / baseline.elapsedMs;
  return { ...spent, baselineMs, framesPerRead: frames / reads, delivered: frames, lost, surplus };
}
