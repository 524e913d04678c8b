import {
  type ClientLimits,
  type Contract,
  HoldfastError,
  type Place,
  type Places,
  type CommandRefusal,
  type Resumed,
  type StreamEvent,
  type StreamName,
  isAfter,
  isSamePlace,
} from '#libs/core';
import type { ClientCommand } from '../command-lane.js';
import { symbolOf } from './array.js';
import { fitting, isTooLong } from './batch.js';
import type { Interests, StreamInterest } from './interest.js';
import { type Present, remember, rememberBook } from './present.js';

/** What somebody who listens wants of a stream beside its events. */
interface StreamWish {
  isBookWanted?: boolean;
  lastEvents?: number;
  contract?: Contract;
}

/** How a connection begins to serve a stream. */
interface ServedStream {
  place: Place | null;
  hasMissed: boolean;
  /** Behind which place something is missing, where something is. */
  missedBehind?: Place | undefined;
}

/** A stream that the gateway does not serve, and why. */
export interface RefusedStream {
  stream: StreamName;
  error: HoldfastError;
  /** Whether it will be asked for again. */
  isStillWanted: boolean;
}

/** The next thing to say to the gateway, and the streams that it need not be asked about: it would refuse them. */
export interface NextStep {
  command?: ClientCommand;
  refused: RefusedStream[];
}

/** Refusals that pass by themselves. */
const PASSING: ReadonlySet<string> = new Set(['too-many-streams', 'no-room', 'too-many-commands', 'internal']);

/** The streams a client wants and how each stands with the gateway. Holds no socket and no clock. */
export class WantedStreams {
  constructor(readonly interests: Interests = new Map()) {}

  want(stream: StreamName, { isBookWanted = false, lastEvents = 0, contract = ALL }: StreamWish = {}): void {
    const known = this.interests.get(stream);
    if (known) {
      if (!known.isWanted || perSecondOf(contract) > perSecondOf(known.contract)) takeContract(known, contract);
      known.isWanted = true;
      known.isBookWanted ||= isBookWanted;
      known.lastEvents = Math.max(known.lastEvents, lastEvents);
      return;
    }
    const interest = {
      stream,
      isBookWanted,
      lastEvents,
      contract,
      asked: contract,
      isWanted: true,
      isToldFull: false,
      isBookBroken: false,
    } as const;
    this.interests.set(stream, { ...interest, standing: 'open' });
  }

  drop(stream: StreamName): void {
    const interest = this.interests.get(stream);
    if (!interest) return;
    interest.isWanted = false;
    interest.isBookWanted = false;
    interest.lastEvents = 0;
    this.forgetIfIdle(interest);
  }

  /** How the stream stands, for somebody who comes late; undefined while it is not served. */
  presentOf(stream: StreamName): Present | undefined {
    const interest = this.interests.get(stream);
    if (interest?.standing !== 'served' || !interest.present) return undefined;
    const { present, last } = interest;
    const isPast = last && (!present.place || isAfter(last, present.place));
    return { ...present, place: isPast ? last : present.place };
  }

  /** What to say next. Streams are given back before others are asked for, so that there is room. */
  next(limits: ClientLimits): NextStep {
    const interests = [...this.interests.values()];
    const served = interests.filter(({ standing }) => standing === 'served');
    const unwanted = served.filter(({ isWanted }) => !isWanted);
    if (unwanted.length > 0) {
      const { streams, taken } = fitting(unwanted, limits);
      for (const interest of taken) interest.standing = 'leaving';
      return { command: { event: 'unsubscribe', data: { streams } }, refused: [] };
    }
    const open = interests.filter(({ standing }) => standing === 'open');
    const unsayable = open.filter(({ stream }) => isTooLong(stream, limits));
    const sayable = open.filter((interest) => !unsayable.includes(interest));
    const room = Math.max(0, limits.streams - served.length);
    const { lastEvents: last = 0, contract = ALL } = sayable[0] ?? {};
    // A command has one number and one contract for all its streams; those that want another go into the next.
    const alike = sayable.slice(0, room).filter((one) => one.lastEvents === last && isSame(one.contract, contract));
    const { streams, since, taken } = fitting(alike, limits);
    for (const interest of taken) {
      interest.standing = 'asked';
      interest.asked = contract;
    }
    const refused = [...this.giveUp(unsayable), ...this.tellFull(sayable.slice(room), limits)];
    if (taken.length === 0) return { refused };
    if (contract.delivery !== 'all')
      return { command: { event: 'subscribe', data: { streams, ...contract } }, refused };
    const most = Math.min(last, limits.lastEvents);
    const data = { streams, ...(Object.keys(since).length > 0 && { since }), ...(most > 0 && { last: most }) };
    return { command: { event: 'subscribe', data }, refused };
  }

  /**
   * The gateway serves these. Gives whether events went by since the previous connection, by stream.
   *
   * @param resumed the gateway's word on that, which counts: where it is true all that was missed comes now, also over a new term.
   */
  subscribed(streams: readonly StreamName[], places: Places, resumed: Resumed = {}): Map<StreamName, ServedStream> {
    const starts = new Map<StreamName, ServedStream>();
    for (const interest of this.known(streams)) {
      const place = places[interest.stream] ?? null;
      const { resumeFrom, stream, past } = interest;
      const isThere = resumeFrom !== undefined && place !== null && isSamePlace(resumeFrom, place);
      const hasMissed = resumeFrom !== undefined && !(resumed[stream] ?? isThere);
      interest.standing = isSame(interest.asked, interest.contract) ? 'served' : 'open';
      interest.isToldFull = false;
      interest.present = { ...(resumed[stream] === true && past), place };
      interest.past = undefined;
      interest.isBookBroken = hasMissed;
      // Where messages are left out on purpose, or another contract has begun, that is no gap.
      const missedBehind = hasMissed && past && interest.asked.delivery === 'all' ? resumeFrom : undefined;
      if (missedBehind) interest.told = 'gap';
      starts.set(stream, { place, hasMissed, missedBehind });
    }
    return starts;
  }

  /** The gateway sends these no more; what is wanted again by now begins anew. */
  unsubscribed(streams: readonly StreamName[]): void {
    for (const interest of this.known(streams)) {
      interest.standing = 'open';
      interest.last = undefined;
      interest.newestOf = undefined;
      interest.resumeFrom = undefined;
      interest.present = undefined;
      interest.past = undefined;
      interest.told = undefined;
      this.forgetIfIdle(interest);
    }
  }

  /** Whether some were refused for a reason that passes; `retry` after a while. */
  get isWaiting(): boolean {
    return [...this.interests.values()].some(({ standing }) => standing === 'waiting');
  }

  /** A command about these was refused. Those that are not to blame are asked for again. */
  refused(
    { event, data: { streams } }: Exclude<ClientCommand, { event: 'ping' }>,
    refusal: CommandRefusal,
  ): RefusedStream[] {
    const interests = this.known(streams);
    if (event === 'unsubscribe') {
      for (const interest of interests) interest.standing = 'served';
      return [];
    }
    for (const interest of interests) {
      interest.standing = 'open';
      this.forgetIfIdle(interest);
    }
    // Too fast for the gateway is either the command, or some of its streams.
    if (refusal.code === 'too-many-commands' && !refusal.streams) return [];
    const wanted = interests.filter(({ isWanted }) => isWanted);
    const named = wanted.filter(({ stream }) => Object.hasOwn(refusal.streams ?? {}, stream));
    const blamed = refusal.streams ? named : wanted;
    if (!PASSING.has(refusal.code)) return this.giveUp(blamed, refusal);
    for (const interest of blamed) interest.standing = 'waiting';
    return blamed.filter(wasNotToldFull).map(({ stream }) => refusedStream(stream, refusal, true));
  }

  retry(): void {
    for (const interest of this.interests.values()) if (interest.standing === 'waiting') interest.standing = 'open';
  }

  /** Whether an event is `news`, a `repeat` of what came on the previous connection, or of a stream that is not served. */
  accept(event: StreamEvent): 'news' | 'repeat' | 'strange' {
    const interest = this.interests.get(event.stream);
    if (!interest?.present) return 'strange';
    remember(interest.present, event);
    if (interest.isBookWanted) rememberBook(interest.present, event);
    // What an edge says has no place of its own, so it is never old; but what came up to there is not missed any more.
    const isOwnWord = event.type === 'feed' && event.by === 'edge';
    // Nor is a state old that another edge says, however early it began, where the one before said something else.
    const isOtherState = event.type === 'feed' && event.state !== interest.told;
    const isNeededBook = event.type === 'book' && interest.isBookBroken;
    if (event.type === 'feed') interest.told = event.state;
    if (event.type === 'book') interest.isBookBroken = false;
    // Behind what was missed the state is told once more, with the place at which it began.
    const isSaidAgain = event.type === 'feed' && interest.last !== undefined && !isAfter(event, interest.last);
    const isOld = !isOwnWord && (isSaidAgain || isOldNews(interest, event));
    if (isOld) return isOtherState || isNeededBook ? 'news' : 'repeat';
    const isLater = !interest.last || isAfter(event, interest.last);
    const isInOrder = !isOwnWord && !noteSymbol(interest, event);
    if (isInOrder || isLater) interest.last = { epoch: event.epoch, seq: event.seq };
    return 'news';
  }

  /** A new connection knows nothing of the previous one. */
  disconnected(): void {
    for (const interest of this.interests.values()) {
      interest.standing = 'open';
      interest.past = interest.present ?? interest.past;
      interest.present = undefined;
      interest.resumeFrom = interest.last;
      this.forgetIfIdle(interest);
    }
  }

  private known(streams: readonly StreamName[]): StreamInterest[] {
    return streams.flatMap((stream) => this.interests.get(stream) ?? []);
  }

  private giveUp(interests: readonly StreamInterest[], refusal: CommandRefusal = TOO_LONG): RefusedStream[] {
    for (const { stream } of interests) this.interests.delete(stream);
    return interests.map(({ stream }) => refusedStream(stream, refusal, false));
  }

  /** Those beyond the limit wait for others to go, and it is said once. */
  private tellFull(interests: readonly StreamInterest[], { streams }: ClientLimits): RefusedStream[] {
    const refusal: CommandRefusal = { code: 'too-many-streams', message: `one connection may have ${streams} streams` };
    return interests.filter(wasNotToldFull).map(({ stream }) => refusedStream(stream, refusal, true));
  }

  private forgetIfIdle({ stream, isWanted, standing }: StreamInterest): void {
    if (!isWanted && (standing === 'open' || standing === 'waiting')) this.interests.delete(stream);
  }
}

const ALL: Contract = { delivery: 'all' };

/** How much may come under a contract at most: where several listen to a stream, who wants most is given it. */
function perSecondOf(contract: Contract): number {
  if (contract.delivery === 'rate') return contract.perSecond;
  return contract.delivery === 'latest' ? Number.MAX_VALUE : Infinity;
}

const isSame = (one: Contract, other: Contract): boolean => perSecondOf(one) === perSecondOf(other);

/** A stream that is served is asked for anew: the gateway changes its contract in order. */
function takeContract(interest: StreamInterest, contract: Contract): void {
  if (isSame(interest.contract, contract)) return;
  interest.contract = contract;
  if (interest.standing !== 'served') return;
  interest.standing = 'open';
  interest.resumeFrom = interest.last;
}

const TOO_LONG: CommandRefusal = { code: 'bad-stream', message: 'the name is longer than what the gateway reads' };

function wasNotToldFull(interest: StreamInterest): boolean {
  const wasTold = interest.isToldFull;
  interest.isToldFull = true;
  return !wasTold;
}

const refusedStream = (
  stream: StreamName,
  { code, message, streams }: CommandRefusal,
  isStillWanted: boolean,
): RefusedStream => ({
  stream,
  error: new HoldfastError(code, streams?.[stream] ?? message),
  isStillWanted,
});

/**
 * Whether this came already, on the previous connection: a newcomer is told the newest event again, or the last ones, which may be
 * of an older term. Of an array, whether something newer came of that symbol: others may have come before it.
 */
function isOldNews({ resumeFrom, newestOf }: StreamInterest, event: StreamEvent): boolean {
  const symbol = symbolOf(event);
  if (symbol !== undefined) {
    const newest = newestOf?.get(symbol);
    return newest !== undefined && !isAfter(event, newest);
  }
  const { type, epoch, seq } = event;
  if (resumeFrom === undefined) return false;
  if (epoch < resumeFrom.epoch) return type !== 'feed' && type !== 'book';
  return epoch === resumeFrom.epoch && seq <= resumeFrom.seq;
}

/** False where it is of none. */
function noteSymbol(interest: StreamInterest, event: StreamEvent): boolean {
  const symbol = symbolOf(event);
  if (symbol === undefined) return false;
  interest.newestOf ??= new Map();
  interest.newestOf.set(symbol, { epoch: event.epoch, seq: event.seq });
  return true;
}
