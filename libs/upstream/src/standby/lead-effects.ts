import { type Cancel, type Clock, type Epoch, type Millis, type OwnerToken, type StreamName, stamp } from '#libs/core';
import type { Log } from '#libs/runtime';
import type { SaidSoFar } from '../streams/muted/unsaid.js';
import type { Streams } from '../streams/streams.js';
import type { Fitness } from '../watch/fitness.js';
import type { LeaseKeeper } from './lease-keeper.js';
import type { Listening } from './listening.js';
import type { OthersHeard } from './others-heard.js';
import type { Succession } from './succession.js';
import type { LeadEffect, LeadHappening, LeadState } from './table.js';
import type { TakingOver } from './taking-over.js';

interface LeadEffectsParts {
  keeper: LeaseKeeper;
  others: OthersHeard;
  succession: Succession;
  streams: Streams;
  listening: Listening;
  takingOver: TakingOver;
  fitness: Pick<Fitness, 'silentMs'>;
  clock: Clock;
  longestDowntimeMs: Millis;
  log: Log;
  state: () => LeadState;
  happened: (happening: LeadHappening) => void;
  beat: () => void;
  /** Keeps how far all streams are for whoever comes after. */
  mark: () => void;
  /** Gives up what is not kept yet of that. */
  unmark: () => void;
}

/** Why this upstream began to publish: nobody was there, one has left, one has fallen silent, or edges knew a term above our own. */
export const TAKEOVERS = ['first', 'left', 'silent', 'outseen'] as const;

/** Does what the table of moves says. What takes no time is done at once. */
export class LeadEffects {
  /** How often this upstream has taken over, and why. */
  readonly takeovers: Record<(typeof TAKEOVERS)[number], number> = { first: 0, left: 0, silent: 0, outseen: 0 };
  private readonly all: Record<LeadEffect, () => Promise<void> | void>;
  /** What we had said when edges turned out to know a higher term: nobody else has said anything since. */
  private own: ReadonlyMap<StreamName, SaidSoFar> = new Map();
  private reason: (typeof TAKEOVERS)[number] = 'first';
  /** Who is to go on. */
  next: OwnerToken | undefined;
  private hasLeft = false;
  /** When we said something last, in an earlier term. */
  private spokeAt: Millis = -Infinity;
  private rival: Epoch = 0;
  private cancelRetry: Cancel = () => undefined;

  constructor(private readonly parts: LeadEffectsParts) {
    const { keeper, succession, beat } = parts;
    this.all = {
      claim: () => this.claim(),
      'claim-above': () => this.claimAbove(),
      enter: () => this.enter(),
      fence: () => this.fence(),
      succeed: () => this.succeed(),
      beat,
      withhold: () => this.withhold(),
      'step-down': () => this.stepDown(),
      flush: () => keeper.settled(),
      leave: async () => {
        this.hasLeft = await keeper.leave(this.next);
      },
      call: () => {
        if (this.hasLeft) succession.sayLeft(keeper.term, this.next);
      },
      'call-successor': () => this.callSuccessor(),
      'say-stopped': () => this.sayStopped(),
      cut: () => keeper.cut(),
      'say-so': () => this.saySo(),
      'watch-anew': () => keeper.watchAnew(),
    };
  }

  async carryOut(effects: readonly LeadEffect[]): Promise<void> {
    for (const effect of effects) {
      const isDone = this.all[effect]();
      if (isDone) await isDone;
    }
  }

  stop(): void {
    this.cancelRetry();
  }

  private async claim(): Promise<void> {
    const { keeper, others, happened } = this.parts;
    const isLeft = keeper.seen?.owner === '';
    this.reason = isLeft ? 'left' : keeper.seen === undefined && !others.beat ? 'first' : 'silent';
    happened(await keeper.claim(this.newestTerm));
  }

  /** Nothing is said before it is known what became of it: the term we have is not listened to. */
  private async claimAbove(): Promise<void> {
    const { keeper, happened } = this.parts;
    this.reason = 'outseen';
    const became = await keeper.claim(this.newestTerm);
    if (became === 'failed') this.retry(() => void this.claimAbove());
    else happened(became);
  }

  private async enter(): Promise<void> {
    if (!(await this.parts.keeper.enter())) this.retry(() => this.parts.happened('failed'));
  }

  private async fence(): Promise<void> {
    const { keeper, streams, state, happened } = this.parts;
    // In a term in which we have spoken already nothing begins.
    const isToBegin = (): boolean => state() === 'succeeding' && keeper.term > streams.epoch;
    if (!isToBegin() || !keeper.isEntered) return;
    const isFenced = await keeper.fence();
    // Another one that was under way meanwhile may have begun it.
    if (!isToBegin()) return;
    if (isFenced) happened('fenced');
    else this.retry(() => happened('failed'));
  }

  private succeed(): void {
    const { keeper, others, streams, listening, takingOver, log } = this.parts;
    const { own, reason, goneSince } = this;
    const { term: epoch, hasHeardAll } = keeper;
    this.own = new Map();
    this.takeovers[reason] += 1;
    const isCold = !others.beat && streams.epoch === 0;
    const heard = listening.end();
    takingOver.begin(epoch, { heard, hasHeardAll, own, isCold, goneSince });
    const unsure = takingOver.waiting;
    log.info({ code: 'upstream.took-over', epoch, why: reason, unsure }, 'this upstream publishes now');
  }

  private withhold(): void {
    const { streams, takingOver, clock } = this.parts;
    const { epoch } = streams;
    takingOver.stop();
    this.spokeAt = clock.now();
    const spoken = [...streams.wanted.values()].filter(({ withheld, transcript }) => !withheld && transcript.seq > 0);
    this.own = new Map(
      spoken.map(({ name, transcript: { seq, last } }) => [name.name, { place: { epoch, seq }, event: last }]),
    );
    streams.mute();
  }

  private stepDown(): void {
    const { streams, takingOver, listening, others, keeper, succession, clock, log, unmark } = this.parts;
    if (!streams.isMuted) {
      this.spokeAt = clock.now();
      const epoch = others.newest > keeper.term ? others.newest : undefined;
      log.warn({ code: 'upstream.overtaken', epoch, ours: keeper.term }, 'another upstream took over');
    }
    unmark();
    // Somebody who was found for another time is not meant any more.
    succession.giveUp();
    this.next = undefined;
    this.own = new Map();
    takingOver.stop();
    streams.mute();
    listening.begin();
  }

  private callSuccessor(): void {
    const { succession, keeper, happened, state, fitness, clock, log } = this.parts;
    const isUnfit = state() === 'yielding';
    const silentMs = (): Millis => Math.round(fitness.silentMs(clock.now()));
    const found = (owner: OwnerToken | undefined): void => {
      this.next = owner;
      if (owner !== undefined && state() === 'yielding')
        log.warn(
          { code: 'upstream.yields', silentMs: silentMs() },
          'no line brings data here, and another upstream has some',
        );
      happened(owner === undefined ? 'nobody' : 'successor');
    };
    succession.call(keeper.term, found, isUnfit ? silentMs : undefined);
  }

  private sayStopped(): void {
    this.parts.streams.stop();
    this.parts.mark();
  }

  private saySo(): void {
    const { others, keeper, log } = this.parts;
    const epoch = others.beat?.epoch ?? 0;
    if (epoch <= this.rival) return;
    this.rival = epoch;
    log.warn({ code: 'upstream.rival', epoch, lease: keeper.seen?.term }, 'somebody publishes above the lease');
  }

  /** Since when nobody was heard to publish, where that is too long for streams to go on. */
  private get goneSince(): Millis | undefined {
    const { others, clock, longestDowntimeMs } = this.parts;
    const silentMs = others.beat ? clock.now() - Math.max(others.beat.at, this.spokeAt) : 0;
    return silentMs > longestDowntimeMs ? stamp(clock) - silentMs : undefined;
  }

  /** A term that is ours must be above it. */
  private get newestTerm(): Epoch {
    const { others, streams, listening } = this.parts;
    let newest = Math.max(others.newest, streams.epoch);
    for (const name of streams.wanted.keys()) newest = Math.max(newest, listening.of(name)?.place?.epoch ?? 0);
    return newest;
  }

  private retry(act: () => void): void {
    const { clock, keeper, state } = this.parts;
    this.cancelRetry();
    this.cancelRetry = clock.after(keeper.lookEveryMs, () => {
      if (state() === 'succeeding') act();
    });
  }
}
