import { randomUUID } from 'node:crypto';
import { type Holding, type Lease, LeaseRefused, type LeaseView } from '#libs/bus';
import type { Clock, Epoch, Millis, OwnerToken, Topic } from '#libs/core';
import type { HeldVoice } from './held-voice.js';
import { type HeardOfOthers, LOOKS_PER_LEASE, LeasePatience } from './patience.js';
import type { LeadHappening } from './table.js';

interface LeaseKeeperParts {
  lease: Lease;
  key: Topic;
  clock: Clock;
  leaseMs: Millis;
  voice: HeldVoice;
  others: () => HeardOfOthers;
  happened: (happening: LeadHappening) => void;
}

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
  private readonly patience: LeasePatience;
  private holding: Holding | undefined;
  private isLooking = false;
  private isRenewing = false;
  private isLeaving = false;
  private answeredAt: Millis = 0;
  private tickAt: Millis | undefined;
  /** Whether this process has stood still for a lease since somebody told it that it holds one. */
  private hasSlept = false;

  constructor(private readonly parts: LeaseKeeperParts) {
    this.patience = new LeasePatience(this.me, parts.leaseMs);
  }

  /** Whether what is said now leaves. */
  get isEntered(): boolean {
    return this.holding?.isOpen ?? false;
  }

  get lookEveryMs(): Millis {
    return this.parts.leaseMs / LOOKS_PER_LEASE;
  }

  /** To be called once every `lookEveryMs`. */
  tick(now: Millis): void {
    const sleptMs = now - (this.tickAt ?? now);
    this.tickAt = now;
    if (sleptMs > this.parts.leaseMs) this.hasSlept = true;
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
      if (this.patience.look(this.seen, clock.now(), others())) happened('open');
    } catch {
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
      else this.drop();
      return answer.is;
    } catch {
      return 'failed';
    }
  }

  /** Records our publishing connection in what we hold. Resolves with whether something may leave on it. */
  async enter(): Promise<boolean> {
    const { holding } = this;
    try {
      if ((await holding?.enter()) !== 'entered' || holding !== this.holding) return false;
      this.answered();
      return true;
    } catch {
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
    if (now - this.answeredAt >= UNANSWERED_SHARE * leaseMs) {
      this.answeredAt = now;
      return happened('unanswered');
    }
    if (this.isRenewing) return;
    this.isRenewing = true;
    try {
      const is = await holding.renew();
      if (holding !== this.holding) return;
      if (is === 'held') return this.answered();
      // Whoever has slept may not put it back: somebody may have had it since.
      this.answeredAt = this.parts.clock.now();
      if (is === 'gone') happened('gone');
    } catch (error) {
      // That it was refused is an answer: a bus that is full carries messages.
      if (error instanceof LeaseRefused) this.answeredAt = this.parts.clock.now();
      if (error instanceof LeaseRefused && error.isWrongPlace) holding.cut();
    } finally {
      this.isRenewing = false;
    }
  }

  cut(): void {
    this.holding?.cut();
  }

  /** Gives it back once all is out. Resolves with whether somebody else may claim it now. */
  async leave(next: OwnerToken | undefined): Promise<boolean> {
    const { holding } = this;
    this.forget();
    this.isLeaving = true;
    const hasLeft = (await holding?.leave(next).catch(() => false)) ?? false;
    this.isLeaving = false;
    return hasLeft;
  }

  private hold(term: Epoch): void {
    const { lease, key, voice, happened } = this.parts;
    this.drop();
    const mayRestore = (): boolean => !this.hasSlept;
    const holding = lease.hold(key, { owner: this.me, term, mayRestore });
    holding.onLost(() => {
      if (holding !== this.holding) return;
      this.forget();
      happened('lost');
    });
    this.term = term;
    this.holding = voice.holding = holding;
    this.answered();
  }

  private drop(): void {
    this.holding?.end();
    this.forget();
  }

  private forget(): void {
    this.holding = this.parts.voice.holding = undefined;
  }

  private answered(): void {
    this.answeredAt = this.parts.clock.now();
    this.hasSlept = false;
  }
}
