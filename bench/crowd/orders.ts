/** How a client gets onto the stream: the path it asks for and, where the protocol wants one, the text it sends first. */
export interface Door {
  path: string;
  hello?: string;
  /** Messages that come whether or not anything was asked for. */
  greetings?: number;
  /** Of a server whose messages are not frames: several come in one. */
  speaks?: 'nats';
}

export interface Crowd {
  port: number;
  /** Clients go through them in turns. */
  doors: readonly Door[];
  clients: number;
  /** Whether what comes carries the time at which it was sent, and is measured by it. */
  isTimed?: boolean;
  /** The address of this machine that they come from: each has local ports of its own. */
  from?: string;
}

/** How old messages were when they were read, in milliseconds. */
export interface Latency {
  p50: number;
  p99: number;
  most: number;
  messages: number;
}

/** What the clients got since their counters were last set to zero. */
export interface Tally {
  frames: number;
  reads: number;
  /** Messages that a client should have got and did not. */
  lost: number;
  /** Messages that a client got more than once, or that nobody published. */
  surplus: number;
}

/** A clock that all processes of one machine share. */
export const monotonicMs = (): number => Number(process.hrtime.bigint()) / 1e6;

/** What the bench asks of the load client's process. */
export interface LoadOrders {
  /** Resolves when every client is on the stream. */
  connect(crowd: Crowd): Promise<void>;
  /** Waits until nothing more comes, then sets all counters to zero. */
  settle(): Promise<void>;
  /** Waits until every client has got what was sent, or nothing comes any more, and says what came. @param expected by door. */
  tally(expected: readonly number[]): Promise<Tally>;
  /** Of what a timed crowd got since it was last asked for, or since all of it was. */
  latency(of: 'recent' | 'all'): Promise<Latency>;
  disconnect(): Promise<void>;
}

/** Rejects a measurement in which a client did not get everything exactly once. */
export function demandExactlyOnce(tallies: readonly Pick<Tally, 'lost' | 'surplus'>[], when: string): void {
  const off = tallies.filter(({ lost, surplus }) => lost + surplus > 0);
  if (off.length === 0) return;
  const each = off.map(({ lost, surplus }) => `${lost} lost, ${surplus} too many`).join('; ');
  throw new Error(`Not every client got every message exactly once (${when}): ${each}`);
}
