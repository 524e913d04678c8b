import { type MissedQuestion, type NotResumed, type Place, isAfter, isSamePlace, placeIn } from '#libs/core';
import { MOST_CAUGHT_UP } from '../following/joining.js';
import type { EdgeStream } from '../streams/edge-stream.js';
import { continues, feedIn, hasNewRun, rangeBehind } from './range.js';

/** So many ranges are asked for, one before the other, until a place is reached: two for each change of a term. */
const MOST_RANGES = 6;

/** All that a client has missed, or why it is not given that. */
export type Recovered = { texts: readonly string[] } | { why: NotResumed };

interface RecoveryParts {
  /** Asks the upstream and other edges. Told once: all that was asked for, in order, or nothing. */
  fetch(question: MissedQuestion, stream: EdgeStream, told: (texts: readonly string[]) => void): void;
}

/**
 * Finds what a client has missed that was at a place of a stream: in what this edge keeps, and what is older than that is asked for
 * and then kept, so that of many who come back together the first one asks.
 */
export class Recovery {
  /** What is under way for each stream; one after the other. */
  private readonly queues = new WeakMap<EdgeStream, Promise<unknown>>();

  constructor(private readonly parts: RecoveryParts) {}

  /** What can be said at once; undefined where somebody else has to be asked. */
  look(stream: EdgeStream, since: Place): Recovered | undefined {
    if (!stream.isFollowed) return { why: 'not-heard' };
    if (isAfter(since, stream.place)) return { why: 'unknown-place' };
    const texts = rangeBehind(stream, since);
    if (texts) return hasNewRun(texts) ? { why: 'new-run' } : { texts };
    const lack = lackOf(stream, since);
    return 'why' in lack ? lack : undefined;
  }

  /** The same, after asking. What is live goes on meanwhile, so the answer holds for this turn. */
  recover(stream: EdgeStream, since: Place): Promise<Recovered> {
    const before = this.queues.get(stream) ?? Promise.resolve();
    const recovered = before.then(() => this.reach(stream, since));
    this.queues.set(stream, recovered);
    return recovered;
  }

  private async reach(stream: EdgeStream, since: Place): Promise<Recovered> {
    for (let range = 0; range < MOST_RANGES; range += 1) {
      const known = this.look(stream, since);
      if (known) return known;
      const lack = lackOf(stream, since);
      if ('why' in lack) return lack;
      const texts = await new Promise<readonly string[]>((told) => {
        this.parts.fetch(lack.question, stream, told);
      });
      if (texts.length === 0) return { why: 'out-of-history' };
      if (joins(stream, texts) && !stream.history?.putBefore(texts)) return { why: 'too-much' };
    }
    return this.look(stream, since) ?? { why: 'too-much' };
  }
}

/** What is missing right before what is kept; or why that cannot be known. */
function lackOf(stream: EdgeStream, since: Place): { question: MissedQuestion } | { why: NotResumed } {
  const { name, history, place } = stream;
  if (!history) return { why: 'out-of-history' };
  const { oldest } = history;
  const head = oldest === undefined ? { epoch: place.epoch, seq: place.seq + 1 } : placeIn(oldest);
  const follows = oldest === undefined ? undefined : feedIn(oldest)?.follows;
  const end = follows ?? { epoch: head.epoch, seq: head.seq - 1 };
  const after = since.epoch === end.epoch ? since.seq : 0;
  // It stands within what is kept, and was told something else there than the clients of this edge.
  if (!isAfter(head, since)) return { why: 'out-of-history' };
  // The term says nothing of what it follows, or goes on behind something before this place.
  if (end.seq === 0 || isAfter(since, end)) return { why: 'new-term' };
  if (end.seq === after) return { why: 'out-of-history' };
  if (end.seq - after > MOST_CAUGHT_UP) return { why: 'too-much' };
  return { question: { stream: name, epoch: end.epoch, after, to: end.seq } };
}

/** Whether what is kept goes on right behind these; it may have been dropped meanwhile, or begun anew. */
function joins({ history, place }: EdgeStream, texts: readonly string[]): boolean {
  const last = placeIn(texts.at(-1) ?? '');
  const oldest = history?.oldest;
  return oldest === undefined ? isSamePlace(last, place) : continues(oldest, last);
}
