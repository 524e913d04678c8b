import type { Log } from '#libs/runtime';

/** Different words remembered; what comes beyond them is said every time. */
const MOST_WORDS = 50;

/** Writes to the log what Redis says, each of its words once until they have been taken back. */
export class Complaints {
  private readonly said = new Set<string>();

  constructor(
    private readonly log: Log,
    /** Host and port of the Redis. */
    private readonly redis: string,
  ) {}

  say(code: string, why: string, sentence: string): void {
    if (this.said.has(why)) return;
    if (this.said.size < MOST_WORDS) this.said.add(why);
    this.log.warn({ code, redis: this.redis, why }, sentence);
  }

  /** The next time these words come they are news. */
  takeBack(why: string): void {
    this.said.delete(why);
  }

  takeAllBack(): void {
    this.said.clear();
  }
}
