import type { Millis } from '#libs/core';
import { type Facts, factsOf } from './facts.js';
import { type SeenMoment, momentsBetween, wrongAt } from './moments.js';
import type { HealthVerdict } from '../words/page.js';
import { verdictOf } from './verdict.js';

export const HOUR_MS: Millis = 3_600_000;

/** What is still wrong so long after the start is wrong; until then parts of a process wait for each other. */
const SETTLES_WITHIN_MS: Millis = 10_000;

/** So many moments are remembered at most, the newest. */
const MOST_MOMENTS = 5_000;

export const NOTHING_COUNTED: Facts['counted'] = {
  filled: 0,
  missing: 0,
  gaps: 0,
  badFrames: 0,
  stalls: 0,
  lostOnBus: 0,
  notCarried: 0,
  unwell: 0,
  streams: 0,
  clients: 0,
};

/** Remembers what happened in the last hour, and since when the process is as it is. */
export class LastHour {
  private before: Facts;
  private remembered: SeenMoment[] = [];
  private readonly troubledSince = new Map<string, Millis>();
  private last: HealthVerdict;
  private hasSettled = false;
  /** Since when an upstream that is one of several is what it is; null where it is alone. */
  leadSinceAt: Millis | null = null;

  constructor(readonly beganAt: Millis) {
    this.before = factsOf({ at: beganAt, troubles: {}, behind: {}, counted: NOTHING_COUNTED }, {});
    this.last = { health: 'well', sinceAt: beganAt, reasons: [] };
  }

  /** To be called each second. */
  note(looked: Facts): void {
    this.last = this.judge(looked);
    this.hasSettled ||= looked.at - this.beganAt > SETTLES_WITHIN_MS || !isTroubled(looked);
    const facts = this.hasSettled ? looked : { ...looked, troubles: {}, behind: {} };
    const news = momentsBetween(this.before, facts, this.troubledSince);
    const wrong = wrongAt(facts);
    for (const name of this.troubledSince.keys()) if (!(name in wrong)) this.troubledSince.delete(name);
    for (const name of Object.keys(wrong)) if (!this.troubledSince.has(name)) this.troubledSince.set(name, facts.at);
    if (facts.lead !== this.before.lead) this.leadSinceAt = facts.lead === null ? null : facts.at;
    this.before = facts;
    const kept = [...this.remembered, ...news].filter(({ at }) => at > facts.at - HOUR_MS);
    this.remembered = kept.slice(-MOST_MOMENTS);
  }

  /** How the process is by what is seen now; since when is remembered. */
  judge(looked: Facts): HealthVerdict {
    return verdictOf(looked, this.last);
  }

  get verdict(): HealthVerdict {
    return this.last;
  }

  /** The oldest first. */
  get moments(): readonly SeenMoment[] {
    return this.remembered;
  }

  /** What was counted at the last look. */
  get counted(): Facts['counted'] {
    return this.before.counted;
  }

  /** For so long it has watched: an hour at most. */
  spanAt(now: Millis): Millis {
    return Math.max(0, Math.min(HOUR_MS, now - this.beganAt));
  }
}

const isTroubled = ({ troubles, behind }: Facts): boolean => Object.keys({ ...troubles, ...behind }).length > 0;
