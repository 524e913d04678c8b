import type { StackName } from '../stacks/stacks.js';
import type { Ratio } from '../suite/outcome.js';
import { type Spread, spread, spreadInWords, timesEach } from '../suite/statistics.js';

/** How wide the stacks are. */
export interface Width {
  streams: number;
  edges: number;
  /** Of each edge; each has all streams. */
  clients: number;
}

/** Microseconds of CPU per event, of each process. */
export interface Costs {
  upstream: number;
  redis: number;
  /** Of one edge, on average. */
  edge: number;
}

type Place = keyof Costs;

const PLACES = ['upstream', 'redis', 'edge'] as const satisfies readonly Place[];

const MOST_TIMES_RELAY = 1.3;

/** At this rate an upstream that goes out in few writes could cost less than the relay does. */
const FEW_WRITES = { rate: 20_000, mostTimes: 0.6 };

/** What was measured at one rate and width, one of each repetition. */
export interface RedisRow {
  width: Width;
  rate: number;
  costs: Record<StackName, Costs[]>;
}

/** The same as numbers for files. */
export function numbersOf({ width, rate, costs }: RedisRow): object {
  const all = (of: (place: Place) => number[]): Record<string, Spread> =>
    Object.fromEntries(PLACES.map((place) => [place, spread(of(place))]));
  return {
    ...width,
    eventsPerSecond: rate,
    relay: all((place) => costs['bare relay'].map((each) => each[place])),
    holdfast: all((place) => costs.Holdfast.map((each) => each[place])),
    timesRelay: all((place) => timesRelay(costs, place)),
  };
}

export function print({ rate, costs }: RedisRow): void {
  const row = (title: string, of: (place: Place) => string): string =>
    `  ${title.padEnd(14)}${PLACES.map(of).join('')}`;
  console.log(`\n${rate} events/s`.padEnd(18) + PLACES.map((place) => place.padStart(24)).join(''));
  for (const name of ['bare relay', 'Holdfast'] as const)
    console.log(
      row(name, (place) =>
        shown(
          costs[name].map((each) => each[place]),
          1,
        ),
      ),
    );
  console.log(row('x bare relay', (place) => shown(timesRelay(costs, place), 2)));
  const missed = PLACES.filter((place) => spread(timesRelay(costs, place)).median > MOST_TIMES_RELAY);
  console.log(`  goal ${MOST_TIMES_RELAY} x: ${missed.length === 0 ? 'met' : `missed by ${missed.join(', ')}`}`);
  if (rate !== FEW_WRITES.rate) return;
  const isMet = spread(timesRelay(costs, 'upstream')).median <= FEW_WRITES.mostTimes;
  console.log(`  goal ${FEW_WRITES.mostTimes} x of the relay's upstream: ${isMet ? 'met' : 'missed'}`);
}

const shown = (values: number[], digits: number): string => spreadInWords(spread(values), digits).padStart(24);

/** Each repetition beside the relay's. */
const timesRelay = ({ Holdfast, 'bare relay': relay }: RedisRow['costs'], place: Place): number[] =>
  timesEach(
    Holdfast.map((each) => each[place]),
    relay.map((each) => each[place]),
  );

/** Each place beside the relay's, at this rate and width. */
export const ratiosOf = ({ width, rate, costs }: RedisRow): Ratio[] =>
  PLACES.map((place) => ({
    what: `CPU an event of ${place}, ${rate} events/s, ${width.streams} streams, ${width.edges} x ${width.clients} clients`,
    beside: 'bare relay',
    times: spread(timesRelay(costs, place)),
    goal: MOST_TIMES_RELAY,
  }));
