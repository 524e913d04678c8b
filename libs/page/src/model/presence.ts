import type { Millis } from '#libs/core';
import type { Facts } from '../hour/facts.js';
import type { Identity, Presence, ProcessRow, HealthVerdict } from '../words/page.js';

/** How often a process says how it is, and after how long it is silent. */
export const PRESENT_EVERY_MS: Millis = 2_000;
const SILENT_AFTER_MS: Millis = 7_000;

/** Who has gone is remembered for so long, and so many are at all. */
const REMEMBERED_MS: Millis = 3_600_000;
const MOST_PROCESSES = 200;

/** What is shown of a process's reasons to others. */
const MOST_REASONS = 3;

export function presenceOf(
  { id, role, version, host, startedAt, lead }: Identity,
  verdict: HealthVerdict,
  says: string,
  { streams, unwell, clients }: Facts['counted'],
  isEdge: boolean,
): Presence {
  const reasons = verdict.reasons.slice(0, MOST_REASONS);
  const live = streams - unwell;
  return {
    ...verdict,
    reasons,
    id,
    role,
    version,
    host,
    startedAt,
    lead,
    says,
    streams,
    live,
    clients: isEdge ? clients : null,
  };
}

interface Heard {
  presence: Presence;
  /** By the clock that measures, and by the machine's. */
  heardAt: Millis;
  shownAt: Millis;
  isGone: boolean;
}

/** The processes on the bus, as this one hears them. */
export class Processes {
  private readonly heard = new Map<string, Heard>();

  /** @param now by the clock that measures; `shownAt` by the machine's. */
  note(presence: Presence, now: Millis, shownAt: Millis): void {
    if (!this.heard.has(presence.id) && this.heard.size >= MOST_PROCESSES) return;
    this.heard.set(presence.id, { presence, heardAt: now, shownAt, isGone: false });
  }

  /** It said goodbye. */
  gone(id: string): void {
    const known = this.heard.get(id);
    if (known) known.isGone = true;
  }

  forget(now: Millis): void {
    for (const [id, { heardAt }] of this.heard) if (now - heardAt > REMEMBERED_MS) this.heard.delete(id);
  }

  /** This process first, then the others by role and host. */
  read(own: Presence, now: Millis, shownAt: Millis): ProcessRow[] {
    const others = [...this.heard.values()]
      .filter(({ presence }) => presence.id !== own.id)
      .map((heard) => rowOf(heard, now))
      .sort((one, other) => orderOf(one).localeCompare(orderOf(other)));
    return [{ ...own, key: own.id, hearing: 'here', heardAt: Math.round(shownAt / 5_000) * 5_000 }, ...others];
  }
}

function rowOf({ presence, heardAt, shownAt, isGone }: Heard, now: Millis): ProcessRow {
  const hearing = isGone ? 'gone' : now - heardAt > SILENT_AFTER_MS ? 'silent' : 'heard';
  return { ...presence, key: presence.id, hearing, heardAt: shownAt };
}

const orderOf = ({ hearing, role, host, id }: ProcessRow): string =>
  `${hearing === 'gone' ? 1 : 0} ${role} ${host} ${id}`;
