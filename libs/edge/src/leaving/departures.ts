import type { Millis } from '#libs/core';
import type { Session } from '../door/session.js';

/** A client that has gone, and who ended it. */
export interface Departure {
  id: number;
  /** Its token's name; absent where nobody is asked for one. */
  holder: string | undefined;
  address: string;
  agent: string;
  wire: 'native' | 'binance';
  streams: number;
  /** By the machine's clock. */
  connectedAt: Millis;
  leftAt: Millis;
  code: number;
  by: 'us' | 'client' | 'transport';
  why: string;
  /** Messages it was not sent because newer ones took their place. */
  conflated: number;
}

/** So many are remembered, the newest. */
const MOST_REMEMBERED = 100;

/** How a connection looks whose other end said nothing. */
const WITHOUT_A_WORD = 1006;

/** Who has left, and why: a client that misses its data asks here first. */
export class Departures {
  private readonly newest: Departure[] = [];

  /** To be called while the session still knows what it had. */
  note(session: Session, code: number, leftAt: Millis): void {
    const { id, permit, address, agent, wire, streams, openedAt, said, flow } = session;
    this.newest.push({
      id,
      holder: permit?.name,
      address,
      agent,
      wire: wire.name,
      streams: streams.size,
      connectedAt: openedAt,
      leftAt,
      code: said?.code ?? code,
      by: said ? 'us' : code === WITHOUT_A_WORD ? 'transport' : 'client',
      why: said?.reason ?? (code === WITHOUT_A_WORD ? 'its connection broke, or it ended without a word' : 'it closed'),
      conflated: flow?.conflated ?? 0,
    });
    if (this.newest.length > MOST_REMEMBERED) this.newest.shift();
  }

  /** The newest last. */
  read(): readonly Departure[] {
    return this.newest;
  }
}
