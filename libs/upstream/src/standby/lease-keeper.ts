import { randomUUID } from 'node:crypto';
import { type Holding, type Lease, LeaseRefused, type LeaseView } from '#libs/bus';
import type { Clock, Epoch, Millis, OwnerToken, Topic } from '#libs/core';
import type { Log } from '#libs/runtime';
import type { HeldVoice } from './held-voice.js';
import { type HeardOfOthers, LeasePatience } from './patience.js';
import type { LeadHappening } from './table.js';

interface LeaseKeeperParts {
  lease: Lease;
  key: Topic;
  clock: Clock;
  leaseMs: Millis;
  voice: HeldVoice;
  others: () => HeardOfOthers;
  happened: (happening: LeadHappening) => void;
  log: Log;
}

/** A lease is looked at so often while it lasts, and at least so often. */
const LOOKS_PER_LEASE = 20;
const LOOK_EVERY_MOST_MS: Millis = 100;

/** A holder that has had no answer for this part of a lease ends its own connection: by the end of it somebody else may publish. */
const UNANSWERED_SHARE = 0.75;

/** All that was published before must be heard within this time. */
const HEARD_WITHIN_MS: Millis = 1_000;

/** Looks at the lease, asks for it, holds it and renews it; tells what became of that. It decides nothing. */
export class LeaseKeeper {
  readonly me: OwnerToken = randomUUID();
  /** The newest term that was ours; 0: none was. */
  term: Epoch = 0;
  /** How the lease was seen last. */
  seen: LeaseView | undefined;
  /** Whether all that others had published was heard when they were fenced. */
  hasHeardAll = false;
  readonly lookEveryMs: Millis;
  private readonly patience: LeasePatience;
  private holding: Holding | undefined;
  private isLooking = false;
  private isRenewing = false;
  private isLeaving = false;
  private answeredAt: Millis = 0;
  private tickAt: Millis | undefined;
  /** When this process stood still last for a lease; what it was told of questions from before that says nothing. */
  private sleptAt: Millis | undefined;
  /** Why the bus will not have us look, claim or hold, in its own words. */
  trouble: string | undefined;
  /** All that were ever ours. */
  readonly terms = new Set<Epoch>();

  constructor(private readonly parts: LeaseKeeperParts) {
    this.patience = new LeasePatience(this.me, parts.leaseMs);
    this.lookEveryMs = Math.min(LOOK_EVERY_MOST_MS, parts.leaseMs / LOOKS_PER_LEASE);
  }

  /** Whether what is said now leaves. */
  get isEntered(): boolean {
    return this.holding?.isOpen ?? false;
  }

  /** To be called once every `lookEveryMs`. */
  tick(now: Millis): void {
    const sleptMs = now - (this.tickAt ?? now);
    this.tickAt = now;
    if (sleptMs > this.parts.leaseMs) this.sleptAt = now;
    // Answers may lie unread.
    if (sleptMs > this.parts.leaseMs / 2) this.answeredAt = now;
  }

  watchAnew(): void {
    this.patience.anew();
  }

  async look(): Promise<void> {
    // What we are about to leave is ours still.
    if (this.isLooking || this.isLeaving) return;
    this.isLooking = true;
    const { lease, key, clock, others, happened } = this.parts;
    try {
      this.seen = await lease.look(key);
      this.trouble = undefined;
      if (this.patience.look(this.seen, clock.now(), others())) happened('open');
    } catch (error) {
      this.note(error);
      this.patience.anew();
    } finally {
      this.isLooking = false;
    }
  }

  /** Asks for the lease as it was seen, or for a higher term of our own. Resolves with what became of it. */
  async claim(above: Epoch): Promise<'given' | 'taken' | 'failed'> {
    const { lease, key } = this.parts;
    try {
      const answer = await lease.claim(key, { owner: this.me, above, seen: this.seen });
      if (answer.is === 'given') this.hold(answer.term);
      else this.forget();
      return answer.is;
    } catch (error) {
      this.note(error);
      return 'failed';
    }
  }

  /** Records our publishing connection in what we hold. Resolves with whether something may leave on it. */
  async enter(): Promise<boolean> {
    const { holding } = this;
    try {
      const sentAt = this.parts.clock.now();
      if ((await holding?.enter()) !== 'entered' || holding !== this.holding) return false;
      this.answered(sentAt);
      return true;
    } catch (error) {
      this.note(error);
      return false;
    }
  }

  /** Resolves when all that others have published was heard, or it is known that it cannot be; with whether we hold the same still. */
  async fence(): Promise<boolean> {
    const { holding } = this;
    const hasHeardAll = await this.parts.lease.heardAll(HEARD_WITHIN_MS);
    if (!holding?.isOpen || holding !== this.holding) return false;
    this.hasHeardAll = hasHeardAll;
    return true;
  }

  /** To be called four times in a lease. */
  async renew(now: Millis): Promise<void> {
    const { holding } = this;
    const { leaseMs, happened } = this.parts;
    if (!holding) return;
    // Nothing leaves: there is nothing to end. A connection that has just come back has not left us without an answer yet.
    if (!holding.isOpen) this.answeredAt = now;
    if (now - this.answeredAt >= UNANSWERED_SHARE * leaseMs) {
      this.answeredAt = now;
      return happened('unanswered');
    }
    if (this.isRenewing) return;
    this.isRenewing = true;
    try {
      const is = await holding.renew();
      if (holding !== this.holding) return;
      if (is === 'held') return this.answered(now);
      // Whoever has slept may not put it back: somebody may have had it since.
      this.answeredAt = this.parts.clock.now();
      if (is === 'gone') happened('gone');
    } catch (error) {
      this.note(error);
      // That it was refused is an answer: a bus that is full carries messages.
      if (error instanceof LeaseRefused) this.answeredAt = this.parts.clock.now();
      if (error instanceof LeaseRefused && error.isWrongPlace) holding.cut();
    } finally {
      this.isRenewing = false;
    }
  }

  /** Resolves when all that was said is out, or could not go for half a second. */
  settled(): Promise<void> {
    return this.parts.lease.settled();
  }

  cut(): void {
    this.holding?.cut();
  }

  /** Gives it back once all is out. Resolves with whether somebody else may claim it now. */
  async leave(next: OwnerToken | undefined): Promise<boolean> {
    const left = this.holding?.leave(next).catch(() => false);
    this.forget();
    this.isLeaving = true;
    const hasLeft = (await left) ?? false;
    this.isLeaving = false;
    return hasLeft;
  }

  private hold(term: Epoch): void {
    const { lease, key, voice, happened } = this.parts;
    this.forget();
    const mayRestore = (): boolean => this.sleptAt === undefined;
    const holding = lease.hold(key, { owner: this.me, term, mayRestore });
    holding.onLost(() => {
      if (holding !== this.holding) return;
      this.forget();
      happened('lost');
    });
    this.term = term;
    this.terms.add(term);
    this.holding = voice.holding = holding;
    this.answered(this.parts.clock.now());
  }

  private forget(): void {
    this.holding?.end();
    this.holding = this.parts.voice.holding = undefined;
  }

  /** Of a question that was sent then. */
  private answered(sentAt: Millis): void {
    this.answeredAt = this.parts.clock.now();
    this.trouble = undefined;
    if (sentAt >= (this.sleptAt ?? -Infinity)) this.sleptAt = undefined;
  }

  private note(error: unknown): void {
    if (!(error instanceof LeaseRefused) || error.message === this.trouble) return;
    this.trouble = error.message;
    this.parts.log.warn({ code: 'lease.refused', words: error.message }, 'Redis refuses what a lease needs');
  }
}
