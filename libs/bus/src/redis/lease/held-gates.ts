import type { Lane } from '../pubsub/lane.js';
import type { HeldGate } from '../pubsub/publisher.js';

interface Passage {
  gate: HeldGate;
  /** The connection that has entered; empty while none has. */
  connection: string;
}

/**
 * The gates before what a lease's holder says, one for each lane. Each is open for as long as the connection is there that has
 * entered; the next connection has another one, which is shut.
 */
export class HeldGates {
  private readonly passages = new Map<Lane, Passage>();

  of(lane: Lane): HeldGate {
    return this.passageOf(lane).gate;
  }

  /** The present connection has entered, if the gate is still its own. */
  open(lane: Lane, gate: HeldGate, connection: string): void {
    const passage = this.passageOf(lane);
    if (passage.gate !== gate) return;
    passage.connection = connection;
    gate.isOpen = true;
  }

  shut(lane: Lane): void {
    this.of(lane).isOpen = false;
    this.passages.delete(lane);
  }

  shutAll(): void {
    for (const lane of this.passages.keys()) this.shut(lane);
  }

  /** The connections that have entered. */
  entered(): { lane: Lane; connection: string }[] {
    const all = [...this.passages].map(([lane, { connection }]) => ({ lane, connection }));
    return all.filter(({ connection }) => connection !== '');
  }

  private passageOf(lane: Lane): Passage {
    const known = this.passages.get(lane);
    if (known) return known;
    const passage = { gate: { isOpen: false }, connection: '' };
    this.passages.set(lane, passage);
    return passage;
  }
}
