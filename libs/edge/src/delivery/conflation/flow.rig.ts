import { FakeClock } from '../../../../../test/support/fake-clock.js';
import { Flow, type FlowSocket } from './flow.js';

/** A client that reads when a test lets it. */
export class ReadingSocket implements FlowSocket {
  isOpen = true;
  unsentBytes = 0;
  readonly sent: string[] = [];
  /** Those that it has not answered. */
  readonly pings: string[] = [];
  send = (...texts: string[]): void => void this.sent.push(...texts);
  ping = (payload: string): void => void this.pings.push(payload);
}

/** A flow to such a client, and the turns of the loop. */
export class FlowStage {
  readonly clock = new FakeClock();
  readonly socket = new ReadingSocket();
  readonly counts = { deliveries: 0, conflated: 0 };
  readonly flow: Flow;
  private acts: (() => void)[] = [];

  constructor() {
    const endOfTurn = (act: () => void): void => void this.acts.push(act);
    this.flow = new Flow(this.socket, { clock: this.clock, counts: this.counts, endOfTurn });
  }

  /** The turn of the loop is over. Gives what was sent since the last one. */
  turn(): string[] {
    for (const act of this.acts.splice(0)) act();
    return this.socket.sent.splice(0);
  }

  /** The client has read all, so long after it was asked. */
  reads(afterMs = 0): string[] {
    this.clock.advance(afterMs);
    for (const payload of this.socket.pings.splice(0)) this.flow.answered(payload);
    return this.turn();
  }
}
