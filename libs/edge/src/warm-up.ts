import { Buffer } from 'node:buffer';
import { type Market, type SampleStream, normalizeFrame, sampleStreams } from '#libs/binance';
import { MemoryBus } from '#libs/bus';
import { HistoryShelf, type Millis, encode } from '#libs/core';
import { Metrics, again, systemClock } from '#libs/runtime';
import type { Publish, Rendition } from './delivery/rendition.js';
import { EdgeMetrics } from './metrics/edge-metrics.js';
import { EdgeStream } from './streams/edge-stream.js';
import { Intake } from './streams/intake.js';

const WANTED: readonly Rendition[] = ['native', 'raw', 'combined'];

const EPOCH = 1_700_000_000_000;

/** Small, so that it has to be cleared as well. */
const KEPT = { streamBytes: 100_000, totalBytes: 1_000_000, ageMs: 60_000 };

/**
 * Takes events of every type from a bus of its own to clients that are not there, in every usual form. It is all of the path but
 * sockets, made of the same classes, so what V8 learns and compiles here serves from the first event on.
 */
export async function warmUp(markets: readonly Market[], forMs: Millis): Promise<void> {
  for (const market of markets) {
    const publications = publicationsOn(market);
    await again(forMs / markets.length, (count) => {
      for (const publish of publications) publish(count);
    });
  }
}

/** Each publishes the next event of one stream that somebody follows. */
function publicationsOn(market: Market): ((seq: number) => void)[] {
  const bus = new MemoryBus();
  const metrics = new EdgeMetrics(new Metrics());
  const shelf = new HistoryShelf(KEPT);
  return sampleStreams(market).map((sample, at) => {
    const publish = NOWHERE[at % NOWHERE.length] ?? nowhere;
    const shared = { clock: systemClock, publish, metrics };
    const intake = new Intake({ ...shared, sees: () => true, ask: () => undefined, fetch: () => undefined });
    // Nobody has said how it stands for an eternity, so it is followed from the first event on.
    const stream = new EdgeStream(market, sample.stream, -Infinity, {
      ...shared,
      counts: metrics.counts,
      ownSnapshotMs: 0,
      shelf,
    });
    for (const rendition of WANTED) stream.audience.add(rendition);
    const topic = market.topic(sample.stream);
    bus.messages.subscribe(topic, intake.deliverTo(stream));
    return (seq) => bus.messages.publish(topic, textOf(market, sample, seq));
  });
}

const nowhere: Publish = () => undefined;

/** Two, so that V8 does not bet on one: it would have to take back what it has compiled as soon as the real one is called. */
const NOWHERE: readonly Publish[] = [nowhere, () => undefined];

/** @throws Error for a market whose declarations contradict each other. */
function textOf(market: Market, { stream, frame }: SampleStream, seq: number): string {
  const read = market.decode(Buffer.from(frame(seq)), false);
  if (!read.ok || read.value.kind !== 'market') throw new Error(`no frame of ${stream.name}: ${frame(seq)}`);
  const [event] = normalizeFrame(read.value, systemClock.now());
  if (!event) throw new Error(`no event of ${stream.name}`);
  event.epoch = EPOCH;
  event.seq = seq;
  return encode(event);
}
