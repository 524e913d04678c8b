import { type Clock, type Millis, type Place, isAfter } from '#libs/core';
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

/** Finds what clients have missed that come back, or why they are not given it. */
export class Resumes {
  private readonly recovery: Recovery;

  constructor(
    markets: readonly MarketStreams[],
    private readonly clock: Clock,
  ) {
    const fetchers = new Map(markets.map(({ market, others }) => [market.name, others]));
    this.recovery = new Recovery({
      fetch: (question, stream, told) => fetchers.get(stream.market)?.fetch(question, stream, told),
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
  async find(places: NamedPlaces): Promise<Outcomes> {
    const outcomes = new Map<EdgeStream, Recovered>();
    const all = [...places].map(async ([stream, since]) => {
      outcomes.set(stream, await this.findOne(stream, since));
    });
    await new Promise<void>((resolve) => {
      const cancel = this.clock.after(ALL_WITHIN_MS, resolve);
      void Promise.all(all).then(() => {
        cancel();
        resolve();
      });
    });
    return outcomes;
  }

  /** What holds of each of them in this turn. */
  conclude(places: NamedPlaces, found: Outcomes): Outcomes {
    const conclusion = ([stream, since]: [EdgeStream, Place]): [EdgeStream, Recovered] => {
      const known = found.get(stream);
      const inVain = known && 'why' in known ? known : ({ why: 'out-of-history' } as const);
      return [stream, this.recovery.look(stream, since) ?? inVain];
    };
    return new Map([...places].map(conclusion));
  }

  private async findOne(stream: EdgeStream, since: Place): Promise<Recovered> {
    await new Promise<void>((resolve) => void whenNone(isNew, [stream], this.clock, WELCOME_WITHIN_MS, resolve));
    if (isNew(stream)) return { why: 'not-heard' };
    await this.reached(stream, since);
    return this.recovery.recover(stream, since);
  }

  private async reached(stream: EdgeStream, place: Place): Promise<void> {
    const until = this.clock.now() + AHEAD_WITHIN_MS;
    while (stream.isFollowed && isAfter(place, stream.place) && this.clock.now() < until) {
      await new Promise<void>((resolve) => void this.clock.after(LOOK_EVERY_MS, resolve));
    }
  }
}

/** Whether nobody has told this edge yet how the stream stands, though somebody may. */
const isNew = ({ phase }: EdgeStream): boolean => phase === 'awaited';
