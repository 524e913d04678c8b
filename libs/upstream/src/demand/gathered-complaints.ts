import type { Clock, Millis } from '#libs/core';

/** What is complained about is said at most so often, with its number. */
const SAY_AGAIN_MS: Millis = 10_000;

/** So many different ones are named. */
const MOST_NAMED = 5;

/** Says what is wrong with what others send: the first time at once, later now and then. Whoever sends junk does not fill the log with it. */
export class GatheredComplaints {
  private named = new Set<string>();
  private count = 0;
  private saidAt = -Infinity;

  constructor(
    private readonly clock: Clock,
    private readonly say: (gathered: { why: string[]; count: number }) => void,
  ) {}

  add(complaints: readonly string[]): void {
    this.count += complaints.length;
    for (const complaint of complaints) if (this.named.size < MOST_NAMED) this.named.add(complaint);
    const now = this.clock.now();
    if (this.count === 0 || now - this.saidAt < SAY_AGAIN_MS) return;
    const [why, count] = [[...this.named], this.count];
    this.named.clear();
    this.count = 0;
    this.saidAt = now;
    this.say({ why, count });
  }
}
