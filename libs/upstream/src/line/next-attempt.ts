import type { MarketLimits } from '#libs/binance';
import type { AttemptRecord, StreamName } from '#libs/core';
import type { Ending } from '#libs/link';
import type { Journal } from '../journal/journal.js';
import { streamUrl } from './stream-url.js';

/** What the attempts of one line have in common. */
export interface AttemptParts {
  generation: number;
  /** Why there is such a line. */
  why: string;
  /** The base URL with the route of the line's streams. */
  base: string;
  timeUnit: 'MILLISECOND' | 'MICROSECOND';
  limits: Pick<MarketLimits, 'urlBytes'>;
  journal: Journal;
}

/** What a line asks for with its next connection, and what it has learnt from the ones before. */
export class NextAttempt {
  /** Names that Binance has refused; they are not asked for until an audit gives them another chance. */
  readonly refused = new Map<StreamName, string>();
  /** The streams that the present attempt's URL names. */
  inUrl: readonly StreamName[] = [];
  /** The present attempt in the journal. */
  record: AttemptRecord | undefined;
  private hasDialled = false;
  /** Set once Binance has refused a URL that names streams: one of the names may be the reason. */
  private isBare = false;

  constructor(private readonly parts: AttemptParts) {}

  /** Begins an attempt: the URL that carries as many of these streams as may be. */
  begin(wanted: ReadonlySet<StreamName>): string {
    const { generation, why, base, timeUnit, limits, journal } = this.parts;
    const names = this.isBare ? [] : [...wanted].filter((stream) => !this.refused.has(stream));
    const { url, streams } = streamUrl(base, names, timeUnit, limits);
    this.inUrl = streams;
    const reason = this.hasDialled ? whyAgain(why) : why;
    this.record = journal.begin(generation, reason, new URL(url).host, wanted.size);
    this.hasDialled = true;
    return url;
  }

  /** Whether the attempt ended because of a name in its URL, as far as can be told; the next one then names none. */
  isForNames({ status }: Ending): boolean {
    return status === 400 && this.inUrl.length > 0;
  }

  /** The present attempt is over. */
  over(ending: Ending): void {
    if (this.isForNames(ending)) this.isBare = true;
    this.record = undefined;
  }
}

const whyAgain = (why: string): string => (why === 'spare' ? 'spare-reconnect' : 'reconnect');
