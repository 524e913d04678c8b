import { type Market, type ParsedStream, inUnit, otherNameOf } from '#libs/binance';
import { type MarketEvent, type StreamName, decode, isMarketEvent } from '#libs/core';
import { ArrayParts } from './array-parts.js';
import type { Crowd } from './crowd.js';
import { type Outlet, deliver } from './outlet.js';
import type { BinanceRendition } from './rendition.js';

/** The forms that one payload goes out in: raw, in an envelope, and both for who calls the stream by its other name. */
type Forms = Readonly<Record<'raw' | 'combined' | 'rawNamed' | 'combinedNamed', BinanceRendition>>;

const IN_MILLIS: Forms = {
  raw: 'raw',
  combined: 'combined',
  rawNamed: 'raw-named',
  combinedNamed: 'combined-named',
};
const IN_MICROS: Forms = {
  raw: 'raw-us',
  combined: 'combined-us',
  rawNamed: 'raw-named-us',
  combinedNamed: 'combined-named-us',
};

/**
 * Writes the events of one stream as Binance's frames: once per event and form, and only in forms that somebody wants. The usual ones
 * are cut from the event's text. Any other is read whole here for the first time since it was published, so here its shape is judged:
 * what would not be a frame of this stream is counted and dropped.
 */
export class Frames {
  private readonly parts: ArrayParts | undefined;
  /** `{"stream":"…","data":`, with the stream's name and with its other one. */
  private readonly combinedHead: string;
  private readonly namedHead: string;

  constructor(
    private readonly market: Market,
    private readonly stream: ParsedStream,
    private readonly audience: Crowd,
    private readonly outlet: Outlet,
  ) {
    this.parts = stream.isArray ? new ArrayParts(outlet.counts) : undefined;
    this.combinedHead = headOf(stream.name);
    this.namedHead = headOf(otherNameOf(stream) ?? stream.name);
  }

  /** Takes the next event's text. */
  write(text: string): void {
    const payload = !this.parts && isPlain(this.audience) ? this.stream.known.cut?.(text) : undefined;
    if (payload !== undefined) return this.sendText(payload, this.audience, IN_MILLIS);
    const decoded = decode(text);
    if (!decoded.ok || !isMarketEvent(decoded.value)) return this.drop();
    const events = this.wholeWith(decoded.value);
    if (events) this.send(events, this.audience);
  }

  /** Writes events that make one frame for those of a crowd who want it. */
  send(events: readonly MarketEvent[], crowd: Crowd): void {
    const { slow } = crowd;
    if (slow && slow.size > 0) for (const seat of slow) seat.take(events);
    if (isWanted(crowd, IN_MILLIS)) {
      const inMillis = events.map((one) => inUnit(one, 'MILLISECOND'));
      this.sendAs(inMillis, crowd, IN_MILLIS);
    }
    if (isWanted(crowd, IN_MICROS)) {
      const inMicros = events.map((one) => inUnit(one, 'MICROSECOND'));
      this.sendAs(inMicros, crowd, IN_MICROS);
    }
  }

  /** The frame of these events in one form; undefined where there is none. */
  textIn(rendition: BinanceRendition, events: readonly MarketEvent[]): string | undefined {
    const unit = rendition.endsWith('-us') ? 'MICROSECOND' : 'MILLISECOND';
    const payload = this.rebuild(events.map((one) => inUnit(one, unit)));
    if (payload === undefined) {
      this.drop();
      return undefined;
    }
    const text = JSON.stringify(payload);
    if (rendition.startsWith('raw')) return text;
    return `${rendition.includes('named') ? this.namedHead : this.combinedHead}${text}}`;
  }

  /** Whether there is a frame of this stream that this event could have come from. */
  fits(event: MarketEvent): boolean {
    return this.rebuild([event]) !== undefined;
  }

  /** Something is missing before the next event. */
  broken(): void {
    this.parts?.begin();
  }

  /** What makes a frame with this event: itself, or all parts of an array once they are there. */
  private wholeWith(event: MarketEvent): MarketEvent[] | undefined {
    if (!this.parts || event.type === 'unknown') return [event];
    const part = partOf(event);
    if (part) return this.parts.add(event, part);
    this.drop();
    return undefined;
  }

  private sendAs(events: readonly MarketEvent[], crowd: Crowd, forms: Forms): void {
    const payload = this.rebuild(events);
    if (payload === undefined) return this.drop();
    this.sendText(JSON.stringify(payload), crowd, forms);
  }

  private sendText(text: string, { counts, topics }: Crowd, forms: Forms): void {
    const { raw, combined, rawNamed, combinedNamed } = forms;
    const { outlet, combinedHead, namedHead } = this;
    outlet.counts.renditions += 1;
    if (counts[raw] > 0) deliver(outlet, topics[raw], text, counts[raw]);
    if (counts[combined] > 0) deliver(outlet, topics[combined], `${combinedHead}${text}}`, counts[combined]);
    if (counts[rawNamed] > 0) deliver(outlet, topics[rawNamed], text, counts[rawNamed]);
    if (counts[combinedNamed] > 0)
      deliver(outlet, topics[combinedNamed], `${namedHead}${text}}`, counts[combinedNamed]);
  }

  /** Undefined where these events are of no shape that a frame of this stream could have had. */
  private rebuild(events: readonly MarketEvent[]): unknown {
    const [first] = events;
    if (!first) return undefined;
    const shape = this.stream.known.compiled;
    try {
      if (first.type === 'unknown') return this.market.rebuild(first);
      const payload = this.parts ? this.market.rebuildArray(events) : this.market.rebuild(first);
      const isFrame = Array.isArray(payload) ? payload.every((element) => shape.check(element)) : shape.check(payload);
      return isFrame ? payload : undefined;
    } catch {
      // A field is not even of the kind that can be taken apart.
      return undefined;
    }
  }

  private drop(): void {
    this.outlet.counts.unreadable += 1;
  }
}

const isWanted = ({ counts }: Crowd, { raw, combined, rawNamed, combinedNamed }: Forms): boolean =>
  counts[raw] + counts[combined] + counts[rawNamed] + counts[combinedNamed] > 0;

/** Whether payloads as Binance sends them are all that is wanted: nobody reads too slowly, or wants microseconds. */
const isPlain = (crowd: Crowd): boolean =>
  (crowd.slow?.size ?? 0) === 0 && isWanted(crowd, IN_MILLIS) && !isWanted(crowd, IN_MICROS);

const headOf = (name: StreamName): string => `{"stream":${JSON.stringify(name)},"data":`;

/** `[index, count]`; undefined where it makes no sense. */
function partOf(event: MarketEvent): [number, number] | undefined {
  const part: unknown = event.part ?? [0, 1];
  const [index, count]: unknown[] = Array.isArray(part) ? part : [];
  if (!Number.isSafeInteger(index) || !Number.isSafeInteger(count)) return undefined;
  return Number(index) >= 0 && Number(index) < Number(count) ? [Number(index), Number(count)] : undefined;
}
