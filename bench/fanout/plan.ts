import { parseArgs } from 'node:util';

/** One setting in which all contestants are measured. */
export interface Row {
  title: string;
  clients: number;
  /** Messages published in one turn of the event loop. */
  burst: number;
  burstsPerSecond: number;
  /** Most CPU per delivered message that the edge may take on `/v1`, in multiples of bare uWebSockets.js. */
  goal: number;
}

export interface Contestant {
  title: string;
  /** The server process it needs. */
  peer: string;
  /** The way in, among those which that server offers. */
  door: string;
}

export interface Plan {
  rows: Row[];
  contestants: Contestant[];
  repetitions: number;
  /** Length of one measured run, if the server keeps up. */
  seconds: number;
  jsonFile: string | undefined;
}

const SINGLE_GOAL = 1.25;
const BURST_GOAL = 1.5;

const ROWS: Row[] = [
  { title: '50 messages/s x 1,000 clients', clients: 1_000, burst: 1, burstsPerSecond: 50, goal: SINGLE_GOAL },
  { title: '50 messages/s x 100 clients', clients: 100, burst: 1, burstsPerSecond: 50, goal: SINGLE_GOAL },
  { title: '20 bursts of 16/s x 1,000 clients', clients: 1_000, burst: 16, burstsPerSecond: 20, goal: BURST_GOAL },
  { title: '20 bursts of 16/s x 100 clients', clients: 100, burst: 16, burstsPerSecond: 20, goal: BURST_GOAL },
  { title: '500 messages/s x 200 clients', clients: 200, burst: 1, burstsPerSecond: 500, goal: SINGLE_GOAL },
];

/** What every other contestant is compared with. */
export const YARDSTICK: Contestant = { title: 'bare uWebSockets.js', peer: 'uws', door: 'uws' };

/** The contestant the goals are for. */
export const EDGE: Contestant = { title: 'Holdfast edge, /v1', peer: 'edge', door: 'native' };

const CONTESTANTS: Contestant[] = [
  YARDSTICK,
  EDGE,
  { title: 'Holdfast edge, /v1, gathering for 20 ms', peer: 'edge-20ms', door: 'native' },
  { title: 'Holdfast edge, Binance wire', peer: 'edge', door: 'binance' },
  { title: 'Nest platform-ws', peer: 'nest', door: 'nest' },
];

/**
 * What to measure, from the command line: `--quick` for one short run of each, `--json FILE` to write the numbers down.
 * Throws on an option that does not exist.
 */
export function readPlan(args: string[]): Plan {
  const { values } = parseArgs({ args, options: { quick: { type: 'boolean' }, json: { type: 'string' } } });
  const length = values.quick ? { repetitions: 1, seconds: 0.6 } : { repetitions: 4, seconds: 1 };
  return { rows: ROWS, contestants: CONTESTANTS, ...length, jsonFile: values.json };
}
