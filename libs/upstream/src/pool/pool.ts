import { type ParsedStream } from '#libs/binance';
import type { Millis, StreamName } from '#libs/core';
import type { Line } from '../connection/line.js';
import { partnerOf } from './partner.js';
import type { RotationReason } from './plan.js';
import { Slot } from './slot.js';
import type { Neighbourhood, SlotTools } from './slot-tools.js';

/**
 * Spreads the wanted streams over as few connections as the limit allows. A stream stays on its slot for as long as it is
 * wanted; freed places are taken by new streams. Only when a slot is rotated can another one, if both fit on one
 * connection, become part of it.
 */
export class Pool implements Neighbourhood<Slot> {
  private slots: Slot[] = [];
  private readonly slotOf = new Map<StreamName, Slot>();

  constructor(
    private readonly tools: SlotTools<Slot>,
    private readonly streamsPerLine: number,
  ) {}

  /** Makes exactly these streams wanted. */
  want(streams: ReadonlyMap<StreamName, ParsedStream>): void {
    const touched = new Set<Slot>();
    for (const [stream, slot] of this.slotOf) if (!streams.has(stream)) touched.add(this.remove(stream, slot));
    for (const [stream, name] of streams) if (!this.slotOf.has(stream)) touched.add(this.add(name));
    for (const slot of touched) if (slot.streams.size > 0) slot.sync();
    this.closeEmpty();
  }

  tick(now: Millis): void {
    for (const slot of this.slots) slot.tick(now);
  }

  /** Asks for every line to be replaced; returns how many there are. */
  rotate(reason: RotationReason): number {
    for (const slot of this.slots) slot.rotate(reason);
    return this.slots.length;
  }

  get all(): readonly Slot[] {
    return this.slots;
  }

  get lines(): Line[] {
    return this.slots.flatMap((slot) => slot.allLines);
  }

  slotWith(stream: StreamName): Slot | undefined {
    return this.slotOf.get(stream);
  }

  partnerOf(slot: Slot): Slot | undefined {
    return partnerOf(slot, this.slots, this.streamsPerLine);
  }

  absorb(host: Slot, guest: Slot): void {
    for (const stream of guest.streams) {
      this.slotOf.set(stream, host);
      const series = this.tools.continuity.get(stream);
      if (series) series.lines = host.lines;
    }
    this.slots = this.slots.filter((slot) => slot !== guest);
  }

  async stop(): Promise<void> {
    await Promise.all(this.slots.map((slot) => slot.stop('stopped')));
  }

  private add(name: ParsedStream): Slot {
    const { continuity, desk } = this.tools;
    const slot = this.slots.find(({ load }) => load < this.streamsPerLine) ?? this.newSlot();
    slot.streams.add(name.name);
    this.slotOf.set(name.name, slot);
    desk.set(continuity.open(name, slot.lines), 'recovering', 'subscribing');
    return slot;
  }

  private remove(stream: StreamName, slot: Slot): Slot {
    const series = this.tools.continuity.get(stream);
    if (series) this.tools.continuity.close(series);
    slot.streams.delete(stream);
    this.slotOf.delete(stream);
    return slot;
  }

  private newSlot(): Slot {
    const slot = new Slot(this.tools, this);
    this.slots.push(slot);
    return slot;
  }

  private closeEmpty(): void {
    for (const slot of this.slots.filter(({ streams }) => streams.size === 0)) {
      this.slots.splice(this.slots.indexOf(slot), 1);
      void slot.stop('not-needed');
    }
  }
}
