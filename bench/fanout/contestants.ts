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

const SINGLE_GOAL = 1.25;
const BURST_GOAL = 1.5;

export const ROWS: readonly Row[] = [
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

export const CONTESTANTS: readonly Contestant[] = [
  YARDSTICK,
  EDGE,
  { title: 'Holdfast edge, /v1, gathering for 20 ms', peer: 'edge-20ms', door: 'native' },
  { title: 'Holdfast edge, Binance wire', peer: 'edge', door: 'binance' },
  { title: 'Nest platform-ws', peer: 'nest', door: 'nest' },
  { title: 'ws, in a loop', peer: 'ws', door: 'ws' },
  { title: 'socket.io', peer: 'socket.io', door: 'socket.io' },
  { title: 'nats-server', peer: 'nats', door: 'nats' },
  { title: 'nginx with nchan', peer: 'nchan', door: 'nchan' },
];
