import type { Cancel, Clock, Millis } from '#libs/core';

interface Alarm {
  at: Millis;
  fire: () => void;
}

/**
 * A clock that stands still until a test moves it. Alarms fire in order of their time, each at its own `now()`. The machine's
 * clock shows the same time, until a test sets it.
 */
export class FakeClock implements Clock {
  private alarms: Alarm[] = [];
  private ahead: Millis = 0;

  constructor(private time: Millis = 1_700_000_000_000) {}

  now(): Millis {
    return this.time;
  }

  wallAt(instant: Millis): Millis {
    return instant + this.ahead;
  }

  /** Sets the machine's clock forward, or back; no time passes. */
  setWall(byMs: Millis): void {
    this.ahead += byMs;
  }

  after(ms: Millis, fire: () => void): Cancel {
    const alarm = { at: this.time + Math.max(0, ms), fire };
    this.alarms.push(alarm);
    return () => {
      this.alarms = this.alarms.filter((other) => other !== alarm);
    };
  }

  /** How many alarms are set; a component that has stopped must leave none. */
  get pending(): number {
    return this.alarms.length;
  }

  /** How long it is until the next alarm; `Infinity` where none is set. */
  get untilNext(): Millis {
    return Math.min(Infinity, ...this.alarms.map(({ at }) => at)) - this.time;
  }

  /** Moves time forward by `ms`, firing what falls due on the way. */
  advance(ms: Millis): void {
    const end = this.time + ms;
    for (;;) {
      const due = this.alarms.filter((alarm) => alarm.at <= end).sort((a, b) => a.at - b.at)[0];
      if (!due) break;
      this.alarms = this.alarms.filter((alarm) => alarm !== due);
      this.time = due.at;
      due.fire();
    }
    this.time = end;
  }

  /** Moves time as a process sees it that stood still: only then does what fell due meanwhile fire, all at the new time. */
  jump(ms: Millis): void {
    this.time += ms;
    const due = this.alarms.filter((alarm) => alarm.at <= this.time);
    this.alarms = this.alarms.filter((alarm) => alarm.at > this.time);
    for (const alarm of due) alarm.fire();
  }
}
