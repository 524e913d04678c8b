import type { Market, ParsedStream } from '#libs/binance';
import type { Millis, StreamName } from '#libs/core';
import type { Line } from '../line/line.js';
import type { Leaving, Streams } from '../streams/streams.js';
import { Idle } from './idle.js';
import { partnerOf } from './partner.js';
import type { RotationReason } from '../rotation/plan.js';
import { type Neighbourhood, Slot, type SlotTools } from '../rotation/slot.js';
import type { SlotId } from '../rotation/step.js';

/** What a pool needs besides what its slots are made with. */
export interface PoolParts {
  market: Market;
  streams: Streams;
}

/**
 * Spreads the wanted streams over as few connections as the limit allows; streams of different routes never share one. A
 * stream stays on its slot for as long as it is wanted; freed places are taken by new streams. Only when a slot is rotated
 * can another one, if both fit on one connection, become part of it.
 */
export class Pool implements Neighbourhood {
  private slots: Slot[] = [];
  private readonly slotOf = new Map<StreamName, Slot>();
  private readonly idle: Idle;
  private lastId: SlotId = 0;

  constructor(
    private readonly tools: SlotTools,
    private readonly parts: PoolParts,
  ) {
    this.idle = new Idle(tools.timings.idleMs);
  }

  /**
   * Makes exactly these streams wanted.
   *
   * @param whyNot why a stream is not wanted any more.
   */
  want(wanted: ReadonlyMap<StreamName, ParsedStream>, whyNot: (stream: StreamName) => Leaving): void {
    const touched = new Set<Slot>();
    for (const [stream, slot] of this.slotOf) {
      if (!wanted.has(stream)) touched.add(this.remove(stream, slot, whyNot(stream)));
    }
    for (const [stream, name] of wanted) if (!this.slotOf.has(stream)) touched.add(this.add(name));
    for (const slot of touched) slot.sync();
    this.idle.note(this.slots, this.tools.clock.now());
  }

  tick(now: Millis): void {
    for (const slot of this.used) slot.tick(now);
    for (const slot of this.idle.over(now)) this.letGo(slot);
  }

  /** Asks for every line that carries something to be replaced, or for one of them; returns which are. */
  rotate(reason: RotationReason, generation?: unknown): number[] {
    const lines: number[] = [];
    for (const slot of this.used) {
      if (!slot.line || (generation !== undefined && slot.line.generation !== generation)) continue;
      slot.rotate(reason);
      lines.push(slot.line.generation);
    }
    return lines;
  }

  get all(): readonly Slot[] {
    return this.slots;
  }

  get lines(): Line[] {
    return this.slots.flatMap((slot) => slot.allLines);
  }

  find(id: SlotId): Slot | undefined {
    return this.slots.find(({ identity }) => identity.id === id);
  }

  partnerOf(slot: Slot): Slot | undefined {
    const ofRoute = this.used.filter(({ identity }) => identity.route === slot.identity.route);
    return partnerOf(slot, ofRoute, this.tools.streamsPerLine);
  }

  absorb(host: Slot, guest: Slot): void {
    const moved = [...guest.cargo.all()];
    guest.handle({ type: 'absorbed' });
    for (const series of moved) {
      host.cargo.add(series);
      this.slotOf.set(series.name.name, host);
    }
    this.slots = this.slots.filter((slot) => slot !== guest);
  }

  letGo(slot: Slot): void {
    this.idle.forget(slot);
    if (!this.slots.includes(slot)) return;
    this.slots = this.slots.filter((other) => other !== slot);
    void slot.stop('unneeded');
  }

  async stop(): Promise<void> {
    await Promise.all(this.slots.map((slot) => slot.stop('stopped')));
  }

  private add(name: ParsedStream): Slot {
    const route = this.parts.market.route(name);
    const hasRoom = ({ identity, load }: Slot): boolean => identity.route === route && load < this.tools.streamsPerLine;
    const slot = this.slots.find(hasRoom) ?? this.newSlot(route);
    this.slotOf.set(name.name, slot);
    slot.add(this.parts.streams.open(name));
    return slot;
  }

  private remove(stream: StreamName, slot: Slot, why: Leaving): Slot {
    const series = this.parts.streams.wanted.get(stream);
    if (series) this.parts.streams.close(series, why);
    slot.cargo.remove(stream);
    this.slotOf.delete(stream);
    return slot;
  }

  private newSlot(route: string): Slot {
    this.lastId += 1;
    const slot = new Slot({ id: this.lastId, route }, this.tools, this);
    this.slots.push(slot);
    return slot;
  }

  /** The slots that have something to carry. */
  private get used(): Slot[] {
    return this.slots.filter(({ cargo }) => cargo.size > 0);
  }
}
