import {
  type Cancel,
  type Clock,
  type Millis,
  type MissedQuestion,
  type NotResumed,
  type Place,
  isAfter,
} from '#libs/core';
import type { EdgeStream } from '../streams/edge-stream.js';
import type { TurnTaker } from './fair-turns.js';
import { putBefore, questionFor } from './lack.js';

/** So many ranges are asked for a client, one before the other, until its place is reached: two for each change of a term. */
const MOST_RANGES = 6;

/** Whoever has the messages answers sooner than this. Behind a question that is open for longer nobody waits who lacks less. */
const QUIET_MS: Millis = 500;

/** Questions about one stream that are open at once. */
const MOST_OPEN = 3;

/** A client that lacks what others are to be asked for. */
export interface LackingClient<Client> {
  readonly client: Client;
  /** Where it was. */
  readonly since: Place;
  /** So many ranges were asked for it. */
  ranges: number;
  /** Told once: why that was in vain; nothing where what it lacks is kept here now, or this edge knows why not. */
  told(why: NotResumed | undefined): void;
}

interface RangeSearchParts {
  clock: Pick<Clock, 'after'>;
  /** Asks the upstream and other edges. Told once, unless it is cancelled: all that was asked for, in order, or nothing. */
  fetch(question: MissedQuestion, told: (texts: readonly string[]) => void): Cancel;
  /** Why this was asked for in vain a moment ago, if it was. */
  inVain(question: MissedQuestion): NotResumed | undefined;
  /** This was asked for in vain. */
  failed(question: MissedQuestion, why: NotResumed): void;
  /** A question is open for longer than whoever has the messages takes: others need not wait for what comes of it. */
  rests(): void;
  /** Nobody waits for anything any more. */
  over(): void;
}

/** A question that is open. */
interface OpenRange {
  /** For whom that was here. */
  since: Place;
  isQuiet: boolean;
  cancel: Cancel;
}

/**
 * Asks others for what clients have missed of one stream that is older than what is kept here, once for all of them, and keeps it:
 * for whoever lacks most, and so for all. Where that is in vain or takes long, from whoever lacks least on: nobody waits for what he
 * need not have.
 */
export class RangeSearch<Client> implements TurnTaker {
  private readonly clients = new Map<Client, LackingClient<Client>>();
  private readonly open = new Set<OpenRange>();
  private state: 'due' | 'under way' | 'over' = 'due';
  /** Whether something was asked for in vain, or for long. */
  private isDoubtful = false;

  constructor(
    private readonly stream: EdgeStream,
    private readonly parts: RangeSearchParts,
  ) {}

  get isDue(): boolean {
    return this.state === 'due';
  }

  begin(): void {
    this.state = 'under way';
    this.step();
  }

  /**
   * One more waits, for something that is not kept here and was not asked for in vain. The others are not looked at: nothing has
   * changed for them, and thousands may come back at once.
   */
  add(lacking: LackingClient<Client>): void {
    this.clients.set(lacking.client, lacking);
    if (this.open.size > 0 && this.mayAskFor(lacking)) this.ask(lacking);
  }

  /** This one waits no longer. */
  drop(client: Client): void {
    this.tell(client, 'out-of-history');
    if (this.clients.size === 0) this.end();
  }

  private step(): void {
    if (this.state !== 'under way') return;
    for (const [client, { since }] of this.clients) {
      const question = questionFor(this.stream, since);
      const why = question && this.parts.inVain(question);
      if (!question || why) this.tell(client, why);
    }
    if (this.clients.size === 0) return this.end();
    const next = this.nextToAsk();
    if (!next) return;
    if (next.ranges < MOST_RANGES) return this.ask(next);
    const question = questionFor(this.stream, next.since);
    // So it is told, and whoever comes back to the same place.
    if (question) this.failed(question, 'too-much');
    this.step();
  }

  /** For whom to ask now. */
  private nextToAsk(): LackingClient<Client> | undefined {
    if (!this.mayAsk) return undefined;
    let next: LackingClient<Client> | undefined;
    for (const one of this.clients.values()) {
      const isFirst = !next || (this.isDoubtful ? !isAfter(next.since, one.since) : isAfter(next.since, one.since));
      if (isFirst) next = one;
    }
    return next && this.mayAskFor(next) ? next : undefined;
  }

  private get mayAsk(): boolean {
    return this.open.size < MOST_OPEN && [...this.open].every(({ isQuiet }) => isQuiet);
  }

  /** Nobody is asked for behind whose question somebody else's may still be answered. */
  private mayAskFor(one: LackingClient<Client>): boolean {
    return this.mayAsk && [...this.open].every(({ since }) => isAfter(one.since, since));
  }

  private ask(one: LackingClient<Client>): void {
    const question = questionFor(this.stream, one.since);
    if (!question) return;
    one.ranges += 1;
    const open: OpenRange = { since: one.since, isQuiet: false, cancel: () => undefined };
    this.open.add(open);
    const endQuiet = this.parts.clock.after(QUIET_MS, () => {
      open.isQuiet = this.isDoubtful = true;
      this.parts.rests();
      this.step();
    });
    const end = this.parts.fetch(question, (texts) => {
      endQuiet();
      this.open.delete(open);
      this.answered(question, texts);
    });
    open.cancel = () => {
      endQuiet();
      end();
    };
  }

  private answered(question: MissedQuestion, texts: readonly string[]): void {
    if (this.state === 'over') return;
    if (texts.length === 0) this.failed(question, 'out-of-history');
    else if (!putBefore(this.stream, texts)) this.failed(question, 'too-much');
    // On a bus within the process answers come at once, each within the question before.
    void Promise.resolve().then(() => this.step());
  }

  private failed(question: MissedQuestion, why: NotResumed): void {
    this.isDoubtful = true;
    this.parts.failed(question, why);
  }

  private tell(client: Client, why: NotResumed | undefined): void {
    const lacking = this.clients.get(client);
    this.clients.delete(client);
    lacking?.told(why);
  }

  private end(): void {
    if (this.state === 'over') return;
    this.state = 'over';
    for (const { cancel } of this.open) cancel();
    this.parts.over();
  }
}
