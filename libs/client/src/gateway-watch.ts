import { type Cancel, type Clock, type Millis, duration } from '#libs/core';

/**
 * A gateway that says nothing is asked; one that does not answer is given up. Looks are counted, not time: after a stall of
 * our own process its answer may be waiting to be read.
 */
export class GatewayWatch {
  /** How often the watch has looked since the last message. */
  private looks = 0;
  private cancel: Cancel = () => undefined;

  constructor(
    private readonly clock: Clock,
    private readonly silenceMs: Millis,
    private readonly act: { ask(): void; giveUp(reason: string): void },
  ) {}

  start(): void {
    this.looks = 0;
    this.lookLater();
  }

  heard(): void {
    this.looks = 0;
  }

  stop(): void {
    this.cancel();
  }

  private lookLater(): void {
    this.cancel = this.clock.after(this.silenceMs, () => this.look());
  }

  private look(): void {
    this.looks += 1;
    if (this.looks > 2) return this.act.giveUp(`no answer to a ping within ${duration(this.silenceMs)}`);
    if (this.looks === 2) this.act.ask();
    this.lookLater();
  }
}
