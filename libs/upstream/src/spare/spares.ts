import type { Millis, StreamName } from '#libs/core';
import type { Line } from '../line/line.js';
import type { Slot, SlotTools } from '../rotation/slot.js';
import type { Goodbye, LineId } from '../rotation/step.js';
import type { Streams } from '../streams/streams.js';
import { SpareRepairer } from './spare-repairer.js';
import { Spare, type SpareCounts, type SpareTools } from './spare.js';

/** The spare lines of a pool, one for each slot that carries something, where the operator wants them; otherwise none. */
export class Spares {
  readonly counts: SpareCounts = { kept: 0, read: 0, stoodIn: 0 };
  /** Asks them for what is missing. */
  readonly repairer: SpareRepairer;
  private readonly bySlot = new Map<Slot, Spare>();
  private readonly tools: SpareTools;

  /** @param slotOf whose line carries a stream. */
  constructor(tools: SlotTools, streams: Streams, slotOf: (stream: StreamName) => Slot | undefined) {
    this.tools = { ...tools, streams, counts: this.counts };
    this.repairer = new SpareRepairer({
      ...tools,
      isOn: tools.settings.spareLine,
      seriesOf: (stream) => streams.wanted.get(stream),
      spareOf: (stream) => {
        const slot = slotOf(stream);
        return slot && this.bySlot.get(slot);
      },
    });
  }

  get lines(): Line[] {
    return [...this.bySlot.values()].flatMap(({ view }) => view.line ?? []);
  }

  of(slot: Slot): Spare | undefined {
    return this.bySlot.get(slot);
  }

  /** To be called often. @param slots those that carry something. */
  tick(slots: readonly Slot[], now: Millis): void {
    if (!this.tools.settings.spareLine) return;
    if (this.tools.streams.isMuted) return this.rest();
    for (const slot of slots) {
      let spare = this.bySlot.get(slot);
      if (!spare) this.bySlot.set(slot, (spare = new Spare(slot, this.tools)));
      spare.tick(now);
    }
  }

  /** Asks for those that are meant to be replaced; returns which are. */
  renew(isMeant: (line: Line) => boolean): LineId[] {
    const meant = [...this.bySlot.values()].filter(({ view }) => view.line && isMeant(view.line));
    const lines = meant.flatMap(({ view }) => view.line?.generation ?? []);
    for (const spare of meant) spare.renew();
    return lines;
  }

  /** The slot's own line has dropped: the spare that brings its streams from now on, if there is one. */
  standIn(slot: Slot): LineId | undefined {
    return this.bySlot.get(slot)?.ask();
  }

  /** The slot is no more. Resolves when the socket is gone. */
  async letGo(slot: Slot, because: Goodbye): Promise<void> {
    const spare = this.bySlot.get(slot);
    this.bySlot.delete(slot);
    await spare?.stop(because);
  }

  /** Somebody else says the streams, and this whole upstream is spare. */
  private rest(): void {
    for (const slot of this.bySlot.keys()) void this.letGo(slot, 'unneeded');
  }
}
