import { rebuildArray, rebuildPayload } from '#libs/binance';
import { type MarketEvent, decode } from '#libs/core';
import type { BinanceRendition } from '../rendition.js';
import type { EdgeCounts } from '../edge-metrics.js';
import type { ArrayParts } from './array-parts.js';
import type { EdgeStream } from './edge-stream.js';

/** Sends a text to all clients that joined a topic. */
export type Publish = (topic: string, text: string) => void;

/** Writes events as Binance's frames: once per event and form, and only in forms that somebody wants. */
export class Renditions {
  constructor(
    private readonly publish: Publish,
    private readonly counts: EdgeCounts,
  ) {}

  render(stream: EdgeStream, text: string): void {
    const { wanters } = stream;
    const wantsMillis = wanters.raw + wanters.combined > 0;
    const wantsMicros = wanters['raw-us'] + wanters['combined-us'] > 0;
    if (!wantsMillis && !wantsMicros) return;
    const decoded = decode(text);
    if (!decoded.ok || decoded.value.type === 'feed') return;
    const events = stream.parts ? this.collect(stream.parts, decoded.value) : [decoded.value];
    if (!events) return;
    if (wantsMillis) this.send(stream, events.map(inMillis), 'raw', 'combined');
    if (wantsMicros) this.send(stream, events.map(inMicros), 'raw-us', 'combined-us');
  }

  private collect(parts: ArrayParts, event: MarketEvent): MarketEvent[] | undefined {
    const whole = parts.add(event);
    this.counts.brokenArrays += parts.takeDropped();
    return whole;
  }

  private send(stream: EdgeStream, events: MarketEvent[], raw: BinanceRendition, combined: BinanceRendition): void {
    const [first] = events;
    if (!first) return;
    this.counts.renditions += 1;
    const payload = JSON.stringify(stream.parts ? rebuildArray(events) : rebuildPayload(first));
    if (stream.wanters[raw] > 0) this.deliver(stream, raw, payload);
    if (stream.wanters[combined] > 0) this.deliver(stream, combined, `${stream.combinedHead}${payload}}`);
  }

  private deliver(stream: EdgeStream, rendition: BinanceRendition, text: string): void {
    this.counts.deliveries += stream.wanters[rendition];
    this.publish(stream.topics[rendition], text);
  }
}

/** Instants become microseconds when the frame is rebuilt. */
const inMicros = (event: MarketEvent): MarketEvent =>
  event.timeUnit === 'MICROSECOND' ? event : { ...event, timeUnit: 'MICROSECOND' };

/** Cuts the microseconds off, as a connection without `timeUnit` would have got it. */
function inMillis(event: MarketEvent): MarketEvent {
  if (event.timeUnit !== 'MICROSECOND') return event;
  const { timeUnit: _, ...rest } = event;
  for (const [field, value] of Object.entries(rest)) {
    if (field.endsWith('At') && typeof value === 'number') Reflect.set(rest, field, Math.floor(value));
  }
  return rest;
}
