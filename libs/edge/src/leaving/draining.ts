import { type Clock, type Millis, stamp } from '#libs/core';
import type { EdgeSettings, Log } from '#libs/runtime';
import type { HttpRefusal } from '../door/request-path.js';
import type { Session } from '../door/session.js';
import type { Sessions } from '../door/sessions.js';
import { type Due, carryOut, pause } from './agenda.js';

/** A client that was told to go has so long to be served elsewhere, and never more than half of the grace: the rest spreads them. */
const MOVING_MS = 5_000;

/** Of the grace so much is left for what was said last to be read. */
const READING = 1 / 20;

/** Where nobody has any grace, what is said goes out all the same. */
const LAST_WORDS_MS = 50;

/** What whoever comes too late is told. */
export const GOING_AWAY: HttpRefusal = {
  status: '503 Service Unavailable',
  body: 'This edge is going away: connect again, and another one will answer',
  headers: { 'retry-after': '1' },
};

/**
 * Parts with all clients of an edge that goes, so that none notices and not all come to the others in one moment. Each has a slot: it is told
 * to connect elsewhere, may do so while this connection still serves it, and is closed. The slots begin one after the other.
 */
export class Draining {
  constructor(
    private readonly settings: Pick<EdgeSettings, 'drainWaitMs' | 'drainGraceMs'>,
    private readonly sessions: Sessions,
    private readonly clock: Clock,
    private readonly log: Log,
  ) {}

  /** Gives the balancer its time, shuts the door, and lets everybody go. Resolves when all have gone, or the grace is over. */
  async drain(shut: () => void): Promise<void> {
    const { drainWaitMs: waitMs, drainGraceMs: graceMs } = this.settings;
    if (waitMs > 0) await pause(this.clock, waitMs);
    shut();
    const { size: clients } = this.sessions;
    this.log.info({ code: 'edge.draining', clients, waitMs, graceMs }, 'clients are asked to go elsewhere');
    const end: Due = { at: graceMs, act: () => undefined };
    await this.carryOut([...slotsOf([...this.sessions.all], graceMs, this.clock), end]);
    this.log.info({ code: 'edge.drained', clients, left: this.sessions.size }, 'clients have gone');
  }

  /** Closes whoever is left, and lets the words go out. */
  async closeAll(): Promise<void> {
    if (this.sessions.size === 0) return;
    await this.carryOut([...this.sessions.all].map((session) => ({ at: 0, act: () => sayGoodbye(session) })));
    await pause(this.clock, LAST_WORDS_MS);
  }

  private carryOut(agenda: readonly Due[]): Promise<void> {
    return carryOut(agenda, this.clock, () => this.sessions.size === 0);
  }
}

/** Everybody's slot within the grace, as what is to be done when. */
function slotsOf(sessions: readonly Session[], graceMs: Millis, clock: Clock): Due[] {
  const movingMs = Math.floor(Math.min(MOVING_MS, graceMs / 2));
  const spreadMs = Math.max(0, graceMs * (1 - READING) - movingMs);
  const beginOf = (index: number): Millis => (spreadMs * index) / sessions.length;
  const told = sessions.map((session, index) => ({
    at: beginOf(index),
    act: () => tellToGo(session, movingMs, stamp(clock)),
  }));
  const closed = sessions.map((session, index) => ({
    at: beginOf(index) + movingMs,
    act: () => sayGoodbye(session),
  }));
  return (movingMs > 0 ? [...told, ...closed] : closed).toSorted((one, other) => one.at - other.at);
}

function tellToGo(session: Session, withinMs: Millis, at: Millis): void {
  const { isCombined, entry } = session;
  session.send(session.wire.notice(withinMs, { at, isCombined, isMicrosecond: entry.isMicrosecond }));
}

const sayGoodbye = (session: Session): void => session.close(session.wire.goodbye.code, session.wire.goodbye.reason);
