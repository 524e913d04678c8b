import {
  type Cancel,
  type Clock,
  type Millis,
  type MissedQuestion,
  type NotResumed,
  type Place,
  isAfter,
} from '#libs/core';
import type { EdgeCounts } from '../metrics/edge-counts.js';
import type { EdgeStream } from '../streams/edge-stream.js';
import { FairTurns } from './fair-turns.js';
import { lackOf, questionFor } from './lack.js';
import { hasNewRun, rangeBehind } from './range.js';
import { RangeSearch } from './range-search.js';

/** Streams about which others are asked at once, and so many of them for one client: not counting those about which nobody answers. */
const MOST_SEARCHES = 64;
const MOST_OF_ONE_CLIENT = 16;

/** What was asked for in vain is not asked for again for so long. */
const IN_VAIN_FOR_MS: Millis = 3_000;

/** All that a client has missed, or why it is not given that. */
export type Recovered = { texts: readonly string[] } | { why: NotResumed };

interface RecoveryParts {
  /** Asks the upstream and other edges. Told once, unless it is cancelled: all that was asked for, in order, or nothing. */
  fetch(question: MissedQuestion, stream: EdgeStream, told: (texts: readonly string[]) => void): Cancel;
  clock: Pick<Clock, 'now' | 'after'>;
  counts: Pick<EdgeCounts, 'rangesAsked' | 'rangesShared'>;
}

/** Something that was asked for in vain: so was whatever has all of that in it. What ends before may be had all the same. */
interface VainQuestion extends Pick<MissedQuestion, 'epoch' | 'after' | 'to'> {
  why: NotResumed;
  at: Millis;
}

/**
 * Finds what a client has missed that was at a place of a stream: in what this edge keeps, and what is older than that is asked for
 * and then kept, so that of many who come back together one asks. Nobody waits who need not ask.
 */
export class Recovery<Client> {
  /** Where somebody waits. */
  private readonly searches = new Map<EdgeStream, RangeSearch<Client>>();
  private readonly turns = new FairTurns<Client>(MOST_SEARCHES, MOST_OF_ONE_CLIENT);
  private readonly vain = new WeakMap<EdgeStream, VainQuestion>();

  constructor(private readonly parts: RecoveryParts) {}

  /** What can be said at once; undefined where somebody else has to be asked. */
  look(stream: EdgeStream, since: Place): Recovered | undefined {
    if (!stream.isFollowed) return { why: 'not-heard' };
    if (isAfter(since, stream.place)) return { why: 'unknown-place' };
    const texts = rangeBehind(stream, since);
    if (texts) return hasNewRun(texts) ? { why: 'new-run' } : { texts };
    const lack = lackOf(stream, since);
    if ('why' in lack) return lack;
    const why = this.inVain(stream, lack.question);
    return why && { why };
  }

  /**
   * Asks for what a client lacks, unless that is asked for already. Resolves with why that was in vain; with nothing where `look` can
   * say more: what is live goes on meanwhile. One place of a stream for each client.
   */
  recover(client: Client, stream: EdgeStream, since: Place): Promise<NotResumed | undefined> {
    const question = questionFor(stream, since);
    const why = question && this.inVain(stream, question);
    if (!question || why) return Promise.resolve(why);
    return new Promise((told) => {
      const known = this.searches.get(stream);
      if (known) this.parts.counts.rangesShared += 1;
      const search = known ?? this.open(stream);
      search.add({ client, since, ranges: 0, told });
      if (search.isDue) this.turns.want(client, search);
    });
  }

  /** It has gone, or waits no longer: nothing more is asked for it alone. */
  forget(client: Client): void {
    this.turns.forget(client);
    for (const search of this.searches.values()) search.drop(client);
  }

  private open(stream: EdgeStream): RangeSearch<Client> {
    const { clock, counts } = this.parts;
    const search = new RangeSearch<Client>(stream, {
      clock,
      fetch: (question, told) => {
        counts.rangesAsked += 1;
        return this.parts.fetch(question, stream, told);
      },
      inVain: (question) => this.inVain(stream, question),
      failed: (question, why) => this.failed(stream, question, why),
      rests: () => this.turns.over(search),
      over: () => {
        this.searches.delete(stream);
        this.turns.over(search);
      },
    });
    this.searches.set(stream, search);
    return search;
  }

  private inVain(stream: EdgeStream, question: MissedQuestion): NotResumed | undefined {
    const known = this.vain.get(stream);
    return known && hasIn(question, known) && this.isFresh(known) ? known.why : undefined;
  }

  private failed(stream: EdgeStream, question: MissedQuestion, why: NotResumed): void {
    const known = this.vain.get(stream);
    // The smaller one says more.
    if (known && known.after > question.after && hasIn(question, known) && this.isFresh(known)) return;
    const { epoch, after, to } = question;
    this.vain.set(stream, { epoch, after, to, why, at: this.parts.clock.now() });
  }

  private isFresh({ at }: VainQuestion): boolean {
    return this.parts.clock.now() - at < IN_VAIN_FOR_MS;
  }
}

/** Whether one asks for all that the other one does. */
const hasIn = (one: MissedQuestion, { epoch, after, to }: Omit<MissedQuestion, 'stream'>): boolean =>
  one.epoch === epoch && one.after <= after && one.to >= to;
