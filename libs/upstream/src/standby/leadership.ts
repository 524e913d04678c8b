import type { Bus } from '#libs/bus';
import {
  type Cancel,
  type Channels,
  type Clock,
  type Epoch,
  type Millis,
  type Seq,
  type StreamName,
  encodeHeartbeat,
  stamp,
} from '#libs/core';
import type { Log } from '#libs/runtime';
import type { Streams } from '../streams/streams.js';
import type { Fitness } from '../watch/fitness.js';
import type { HeldVoice } from './held-voice.js';
import { LeadEffects } from './lead-effects.js';
import { LeaseKeeper } from './lease-keeper.js';
import type { Listening } from './listening.js';
import { OthersHeard } from './others-heard.js';
import { StandingDesk } from './standing-desk.js';
import { Succession } from './succession.js';
import { type LeadHappening, type LeadState, stepLead } from './table.js';
import type { TakingOver } from './taking-over.js';

interface LeadershipParts {
  bus: Bus;
  channels: Channels;
  clock: Clock;
  log: Log;
  leaseMs: Millis;
  /** After a longer time in which nobody publishes streams begin anew. */
  longestDowntimeMs: Millis;
  streams: Streams;
  voice: HeldVoice;
  listening: Listening;
  takingOver: TakingOver;
  /** Whether our own lines bring data. */
  fitness: Fitness;
  /** Where streams stand; each heartbeat says it. */
  places: () => ReadonlyMap<StreamName, Seq>;
  /** Whether whoever is there has had the time to say how far streams are. */
  hasGathered: () => boolean;
  /** Keeps how far all streams are for whoever comes after. */
  mark: () => void;
  /** Gives up what is not kept yet of that. */
  unmark: () => void;
}

/** What is looked at less often than the lease. */
const ROUND_EVERY_MS: Millis = 100;

const RENEWALS_PER_LEASE = 4;

/** Whoever was told to go on is heard within this time; until then edges may ask for what they have missed. */
const FOLLOWED_WITHIN_MS: Millis = 2_000;

const SPEAKING: ReadonlySet<LeadState> = new Set(['leading', 'yielding', 'parting']);

/** Whose turn it is to be judged by the data that come. */
const TURNS: Partial<Record<LeadState, 'ours' | 'yielding'>> = { leading: 'ours', yielding: 'yielding' };

/** Whether this upstream publishes, one of several: notices what happens, and moves as the table says. */
export class Leadership {
  state: LeadState = 'following';
  /** What somebody else is heard to say. */
  readonly listening: Listening;
  readonly effects: LeadEffects;
  private readonly keeper: LeaseKeeper;
  private readonly others: OthersHeard;
  private readonly standing: StandingDesk;
  private readonly succession: Succession;
  /** Whether all streams were surely known once since it began to follow: those that are new are not at once. */
  private hasBeenSure = false;
  private cancel: Cancel = () => undefined;
  private cancelWait: Cancel = () => undefined;
  /** Told when it is over, and when somebody was heard to go on. */
  private parted: () => void = () => undefined;
  private followed: () => void = () => undefined;
  private isStopped = false;
  private renewAt: Millis = 0;
  private roundAt: Millis = 0;

  constructor(private readonly parts: LeadershipParts) {
    const { bus, channels, clock, leaseMs, streams, voice, listening, hasGathered } = parts;
    const { messages, ask, lease } = bus;
    this.listening = listening;
    const happened = (happening: LeadHappening): void => this.happen(happening);
    this.others = new OthersHeard({
      messages,
      channel: channels.heartbeat,
      clock,
      isOurs: (epoch) => this.keeper.terms.has(epoch),
      heard: (epoch, isAgain) => this.heard(epoch, isAgain),
    });
    this.keeper = new LeaseKeeper({
      lease,
      key: channels.lead,
      clock,
      leaseMs,
      voice,
      others: () => ({
        beat: this.others.beat,
        hasGathered: hasGathered(),
        isUnsure: !hasGathered() || listening.overdue > 0,
        isDeaf: messages.state === 'down',
      }),
      happened,
      log: parts.log,
    });
    const isLeading = (): boolean => this.isSpeaking;
    this.standing = new StandingDesk({ ask, channel: channels.standing, clock, streams, listening, isLeading });
    this.succession = new Succession({
      ask,
      messages,
      channels,
      clock,
      me: this.keeper.me,
      couldFollow: () => this.couldFollow,
      hasBrought: (silentMs) => parts.fitness.hasBrought(silentMs, clock.now()),
      left: () => void (this.state === 'following' && this.keeper.look()),
    });
    const { keeper, others, succession } = this;
    const state = (): LeadState => this.state;
    const beat = (): void => this.beat(stamp(clock));
    this.effects = new LeadEffects({ ...parts, keeper, others, succession, state, happened, beat });
    streams.mute();
  }

  get isSpeaking(): boolean {
    return SPEAKING.has(this.state);
  }

  /** Resolves when whoever publishes is heard. Waits for the bus. */
  async start(): Promise<void> {
    this.standing.start();
    this.succession.start();
    this.listening.begin();
    await this.others.start();
    if (!this.isStopped) this.loop();
  }

  /** Nothing changes any more: what it holds it holds. */
  stop(): void {
    this.isStopped = true;
    this.cancel();
    this.cancelWait();
    this.effects.stop();
    this.others.stop();
    this.standing.stop();
    this.succession.stop();
    this.listening.end();
  }

  /**
   * Ends in good order: where it publishes it looks for somebody who can go on first. Resolves when nothing is said here any more, and
   * whoever goes on was heard, or there was time enough for it.
   */
  async part(): Promise<void> {
    const wasSpeaking = this.isSpeaking;
    const isOver = new Promise<void>((resolve) => (this.parted = resolve));
    this.happen('told-to-part');
    await isOver;
    const hasSuccessor = wasSpeaking && this.effects.next !== undefined;
    if (!hasSuccessor || this.others.newest > this.keeper.term) return;
    await new Promise<void>((resolve) => {
      this.followed = resolve;
      this.cancelWait = this.parts.clock.after(FOLLOWED_WITHIN_MS, resolve);
    });
    this.cancelWait();
  }

  /** Gives back what it holds once all that was said is out: somebody else may go on. */
  async leave(): Promise<void> {
    this.state = 'over';
    await this.effects.carryOut(['withhold', 'leave', 'call']);
  }

  /** An edge has seen this term. */
  sees(epoch: Epoch): void {
    this.others.sees(epoch);
  }

  /** To be called once every `HEARTBEAT_EVERY_MS`; `at` is what is said of the time. */
  beat(at: Millis): void {
    const { bus, channels, streams, voice, places } = this.parts;
    if (!this.isSpeaking) return;
    const deafness = bus.messages.state === 'down' && ({ isDeaf: true } as const);
    voice.publish(channels.heartbeat, encodeHeartbeat({ epoch: streams.epoch, at, places: places(), ...deafness }));
  }

  /** Our own process stood still: of time that went by meanwhile nothing is concluded. */
  pardon(): void {
    this.keeper.watchAnew();
  }

  /** How many streams there are of which it is not known where they go on, or would. */
  get unsure(): number {
    return this.isSpeaking ? this.parts.takingOver.waiting : this.listening.unsure;
  }

  /** What operators see. */
  describe(): Record<string, unknown> {
    const { streams } = this.parts;
    const { state, unsure, keeper } = this;
    // That somebody else is looked for is nobody's concern before he is found: the market may be at rest.
    const role = state === 'yielding' ? 'leading' : state;
    return { epoch: streams.epoch, role, unsure, withheld: streams.withheld.size, refused: keeper.trouble ?? null };
  }

  /** Why this upstream is of no use now. */
  get trouble(): string | undefined {
    if (this.isSpeaking) return undefined;
    const { trouble } = this.keeper;
    if (trouble !== undefined) return `Redis refuses what a lease needs: ${trouble}`;
    if (this.state === 'following' && this.hasBeenSure) return undefined;
    if (!this.others.beat) return 'nobody publishes yet, neither this upstream nor another one';
    return `it stands by (${this.state}), and does not know yet how far ${this.unsure} streams are`;
  }

  private happen(happening: LeadHappening): void {
    const { to, do: effects } = stepLead(this.state, happening);
    if (to === 'leading') this.hasBeenSure = false;
    this.state = to;
    void this.effects.carryOut(effects).then(() => {
      if (to === 'over') this.parted();
    });
  }

  private loop(): void {
    const { clock, leaseMs } = this.parts;
    const { keeper } = this;
    const now = clock.now();
    this.cancel = clock.after(keeper.lookEveryMs, () => this.loop());
    keeper.tick(now);
    if (this.state === 'following') void keeper.look();
    if (now >= this.renewAt) {
      this.renewAt = now + leaseMs / RENEWALS_PER_LEASE;
      void keeper.renew(now);
    }
    if (now < this.roundAt) return;
    this.roundAt = now + ROUND_EVERY_MS;
    this.listening.tick();
    this.standing.tick(now);
    if (this.couldFollow && this.listening.overdue === 0) this.hasBeenSure = true;
    const fitness = this.parts.fitness.look(TURNS[this.state] ?? 'theirs', now);
    if (fitness) this.happen(fitness);
    if (this.isSpeaking && this.others.hasGhostAbove(keeper.term, now)) this.happen('outseen');
  }

  /** After which term it could go on, and of how many streams it is not known how far they are. */
  private get couldFollow(): { term: Epoch; unsure: number } | undefined {
    const { listening, others, parts } = this;
    if (this.state !== 'following' || !parts.hasGathered() || !others.beat) return undefined;
    return { term: others.beat.epoch, unsure: listening.unsure };
  }

  /** Somebody else beats. While we follow the lease says whether he may: by his second one it was looked at since he has begun. */
  private heard(epoch: Epoch, isAgain: boolean): void {
    const { seen, term } = this.keeper;
    if (epoch > term) this.followed();
    const isOurTurn = this.state !== 'following' && this.state !== 'claiming';
    if (isOurTurn ? epoch > term : isAgain && seen !== undefined && epoch > seen.term) this.happen('rivalled');
  }
}
