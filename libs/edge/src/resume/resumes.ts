import { type Clock, type Millis, type NotResumed, type Place, isAfter } from '#libs/core';
import type { Session } from '../door/session.js';
import type { EdgeCounts } from '../metrics/edge-counts.js';
import type { EdgeStream } from '../streams/edge-stream.js';
import type { MarketStreams } from '../streams/market-streams.js';
import { whenNone } from '../streams/acknowledged.js';
import { type Recovered, Recovery } from './recovery.js';

/** A stream that is new here is waited for so long until an upstream has said how it stands. */
const WELCOME_WITHIN_MS: Millis = 3_000;

/** Another edge may have been ahead of this one: what it had comes here within so long, and is looked for so often. */
const AHEAD_WITHIN_MS: Millis = 1_000;
const LOOK_EVERY_MS: Millis = 20;

/** A client waits so long for its answer at most. */
const ALL_WITHIN_MS: Millis = 6_000;

/** Where clients were that come back, by stream. */
export type NamedPlaces = ReadonlyMap<EdgeStream, Place>;

/** What became of each. */
export type Outcomes = ReadonlyMap<EdgeStream, Recovered>;

/** Why others were asked in vain, of those of which they were. */
type VainStreams = ReadonlyMap<EdgeStream, NotResumed>;

/** Finds what clients have missed that come back, or why they are not given it. */
export class Resumes {
  private readonly recovery: Recovery<Session>;

  constructor(
    markets: readonly MarketStreams[],
    private readonly clock: Clock,
    counts: EdgeCounts,
  ) {
    const fetchers = new Map(markets.map(({ market, others }) => [market.name, others]));
    this.recovery = new Recovery({
      clock,
      counts,
      fetch: (question, stream, told) => fetchers.get(stream.market)?.fetch(question, stream, told) ?? NOTHING,
    });
  }

  /** What can be said at once of all of them; undefined where somebody has to be waited for. */
  look(places: NamedPlaces): Outcomes | undefined {
    const outcomes = new Map<EdgeStream, Recovered>();
    for (const [stream, since] of places) {
      const outcome = isNew(stream) ? undefined : this.recovery.look(stream, since);
      if (!outcome || isAfter(since, stream.place)) return undefined;
      outcomes.set(stream, outcome);
    }
    return outcomes;
  }

  /** Does for each of them what takes time, and gives why that was in vain, where it was. What has not come by then is not waited for. */
  async find(session: Session, places: NamedPlaces): Promise<VainStreams> {
    const vain = new Map<EdgeStream, NotResumed>();
    const all = [...places].map(async ([stream, since]) => {
      const why = await this.findOne(session, stream, since);
      if (why) vain.set(stream, why);
    });
    await new Promise<void>((resolve) => {
      const cancel = this.clock.after(ALL_WITHIN_MS, resolve);
      void Promise.all(all).then(() => {
        cancel();
        resolve();
      });
    });
    this.forget(session);
    return vain;
  }

  /** It has gone, or waits no longer: nobody is asked for it. */
  forget(session: Session): void {
    this.recovery.forget(session);
  }

  /** What holds of each of them in this turn. */
  conclude(places: NamedPlaces, vain: VainStreams): Outcomes {
    const conclusion = ([stream, since]: [EdgeStream, Place]): [EdgeStream, Recovered] => {
      const why = vain.get(stream) ?? 'out-of-history';
      return [stream, this.recovery.look(stream, since) ?? { why }];
    };
    return new Map([...places].map(conclusion));
  }

  private async findOne(session: Session, stream: EdgeStream, since: Place): Promise<NotResumed | undefined> {
    await new Promise<void>((resolve) => void whenNone(isNew, [stream], this.clock, WELCOME_WITHIN_MS, resolve));
    if (isNew(stream)) return 'not-heard';
    await this.reached(stream, since);
    return session.isOpen ? this.recovery.recover(session, stream, since) : undefined;
  }

  private async reached(stream: EdgeStream, place: Place): Promise<void> {
    const until = this.clock.now() + AHEAD_WITHIN_MS;
    while (stream.isFollowed && isAfter(place, stream.place) && this.clock.now() < until) {
      await new Promise<void>((resolve) => void this.clock.after(LOOK_EVERY_MS, resolve));
    }
  }
}

const NOTHING = (): void => undefined;

/** Whether nobody has told this edge yet how the stream stands, though somebody may. */
const isNew = ({ phase }: EdgeStream): boolean => phase === 'awaited';
