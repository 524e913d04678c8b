import type { Market, ParsedStream } from '#libs/binance';
import type { Millis, StreamName } from '#libs/core';
import type { Line } from '../line/line.js';
import type { Leaving, Streams } from '../streams/streams.js';
import { Idle } from './idle.js';
import { partnerOf } from './partner.js';
import type { RotationReason } from '../rotation/plan.js';
import { type Neighbourhood, Slot, type SlotTools } from '../rotation/slot.js';
import type { LineId, SlotId } from '../rotation/step.js';
import { Spares } from '../spare/spares.js';

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
  readonly spares: Spares;
  private slots: Slot[] = [];
  private readonly slotOf = new Map<StreamName, Slot>();
  private readonly idle: Idle<Slot>;
  private lastId: SlotId = 0;

  constructor(
    private readonly tools: SlotTools,
    private readonly parts: PoolParts,
  ) {
    this.idle = new Idle(tools.timings.idleMs);
    this.spares = new Spares(tools, parts.streams, (stream) => this.slotOf.get(stream));
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
    for (const slot of touched) {
      slot.sync();
      this.spares.of(slot)?.sync();
    }
    this.idle.note(this.slots, this.tools.clock.now());
  }

  tick(now: Millis): void {
    for (const slot of this.used) slot.tick(now);
    this.spares.tick(this.used, now);
    for (const slot of this.idle.over(now)) this.letGo(slot);
  }

  /** Asks for every line that carries something to be replaced, or for one of them; returns which are. */
  rotate(reason: RotationReason, generation?: unknown): number[] {
    const isMeant = (line: Line): boolean => generation === undefined || line.generation === generation;
    const lines: number[] = [];
    for (const slot of this.used) {
      const { line } = slot;
      if (!line || !isMeant(line)) continue;
      slot.rotate(reason);
      lines.push(line.generation);
    }
    return [...lines, ...this.spares.renew(isMeant)];
  }

  get all(): readonly Slot[] {
    return this.slots;
  }

  get lines(): Line[] {
    return [...this.slots.flatMap((slot) => slot.allLines), ...this.spares.lines];
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
    void this.spares.letGo(guest, 'unneeded');
    const spare = this.spares.of(host);
    for (const series of moved) {
      host.cargo.add(series);
      spare?.add(series);
      this.slotOf.set(series.name.name, host);
    }
    spare?.sync();
    this.slots = this.slots.filter((slot) => slot !== guest);
  }

  letGo(slot: Slot): void {
    this.idle.forget(slot);
    if (!this.slots.includes(slot)) return;
    this.slots = this.slots.filter((other) => other !== slot);
    void slot.stop('unneeded');
    void this.spares.letGo(slot, 'unneeded');
  }

  standIn(slot: Slot): LineId | undefined {
    return this.spares.standIn(slot);
  }

  async stop(): Promise<void> {
    const stops = this.slots.flatMap((slot) => [slot.stop('stopped'), this.spares.letGo(slot, 'stopped')]);
    await Promise.all(stops);
  }

  private add(name: ParsedStream): Slot {
    const route = this.parts.market.route(name);
    const hasRoom = ({ identity, load }: Slot): boolean => identity.route === route && load < this.tools.streamsPerLine;
    const slot = this.slots.find(hasRoom) ?? this.newSlot(route);
    this.slotOf.set(name.name, slot);
    const series = this.parts.streams.open(name);
    slot.add(series);
    this.spares.of(slot)?.add(series);
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
