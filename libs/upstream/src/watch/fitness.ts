import type { Millis } from '#libs/core';

interface FitnessParts {
  /** When the newest data came on any line that is open now. */
  dataAt(): Millis | undefined;
  /** How far one line may be behind another one. */
  lagMs: Millis;
  /** Looks that are further apart than this mean that our process stood still. */
  sleepMs: Millis;
}

/** Lines that have brought nothing for so many times as long as one may be behind another are worth a look at those of others. */
const SILENT_LAGS = 3;

/** Where they have brought nothing since it is our turn they are given so much longer: somebody may have thought that they would. */
const UNTRIED_TIMES = 10;

/** So long it is known when data came. */
const MOST_KNOWN_MS: Millis = 30_000;

/**
 * Whether the lines of this upstream bring data. That they are silent says nothing alone, for the market may be: only that those of
 * another upstream have brought something meanwhile, so long ago that it must have come on ours by now.
 */
export class Fitness {
  /** When data came last on our lines, also on those that are gone. */
  private newestAt: Millis = -Infinity;
  /** When data came, as it was looked for; the oldest first. */
  private times: Millis[] = [];
  private lookedAt: Millis = -Infinity;
  /** When our process woke up last: what came before that may lie unread. */
  private pardonedAt: Millis = -Infinity;
  /** Since when it is our turn; undefined while it is not. */
  private turnSince: Millis | undefined;
  /** When our lines were last found to be silent for too long. */
  private unfitAt: Millis | undefined;
  /** Not before that they are found so again. */
  private notBefore: Millis = -Infinity;

  constructor(private readonly parts: FitnessParts) {}

  /**
   * To be called often.
   *
   * @param turn whether we publish, or even look for somebody who brings more.
   * @returns what has changed by now, if anything has.
   */
  look(turn: 'theirs' | 'ours' | 'yielding', now: Millis): 'unfit' | 'fit' | undefined {
    this.note(now);
    if (turn === 'theirs') this.turnSince = this.unfitAt = undefined;
    else this.turnSince ??= now;
    if (turn === 'yielding') return this.newestAt > (this.unfitAt ?? Infinity) ? 'fit' : undefined;
    // Nobody was found: the market may be at rest.
    if (this.unfitAt !== undefined) this.notBefore = now + SILENT_LAGS * this.parts.lagMs;
    this.unfitAt = undefined;
    if (this.turnSince === undefined || now < this.notBefore || this.silentMs(now) < this.patienceMs) return undefined;
    this.unfitAt = now;
    return 'unfit';
  }

  /** For how long our lines have brought nothing. */
  silentMs(now: Millis): Millis {
    return now - Math.max(this.newestAt, this.pardonedAt, this.turnSince ?? now);
  }

  /** Whether our lines have brought something that the other one, who has heard nothing for so long, should have heard by now. */
  hasBrought(silentMs: Millis, now: Millis): boolean {
    const { lagMs } = this.parts;
    return this.times.some((at) => now - at >= lagMs && now - at <= silentMs - lagMs);
  }

  private get patienceMs(): Millis {
    const isTried = this.newestAt > (this.turnSince ?? Infinity);
    return SILENT_LAGS * this.parts.lagMs * (isTried ? 1 : UNTRIED_TIMES);
  }

  private note(now: Millis): void {
    // What came while our process stood still lies unread.
    const hasSlept = now - this.lookedAt > this.parts.sleepMs;
    this.lookedAt = now;
    const newestAt = Math.max(this.newestAt, this.parts.dataAt() ?? -Infinity);
    if (newestAt > this.newestAt) this.times.push(newestAt);
    this.newestAt = newestAt;
    if (hasSlept) this.pardonedAt = now;
    while (now - (this.times[0] ?? now) > MOST_KNOWN_MS) this.times.shift();
  }
}
