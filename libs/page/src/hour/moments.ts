import type { AttemptRecord, Millis } from '#libs/core';
import type { Facts } from './facts.js';
import type { DriftKind, GoneClient, MissedIds, RefusedFrame } from '../words/sections.js';

/** Something that happened, as it was seen; what it means to people is told elsewhere. */
export type SeenMoment =
  | { is: 'ended'; at: Millis; attempt: AttemptRecord }
  | ({ is: 'repaired'; at: Millis } & Record<'filled' | 'missing' | 'gaps' | 'lostOnBus' | 'notCarried', number>)
  | { is: 'announced'; at: Millis; hole: MissedIds }
  | { is: 'trouble'; at: Millis; name: string; why: string }
  | { is: 'over'; at: Millis; name: string; forMs: Millis }
  | { is: 'left'; at: Millis; client: GoneClient }
  | { is: 'unreadable'; at: Millis; frames: number; newest: RefusedFrame | undefined }
  | { is: 'drifted'; at: Millis; kind: DriftKind }
  | { is: 'stalled'; at: Millis; times: number }
  | { is: 'lead'; at: Millis; from: string | null; to: string | null };

/** While it starts, a process is not ready and nothing is wrong. */
const STARTING = 'start';

/** What has happened between two looks, the oldest first. */
export function momentsBetween(before: Facts, after: Facts, troubledSince: ReadonlyMap<string, Millis>): SeenMoment[] {
  const moments = [
    ...endings(before, after),
    ...repairs(before, after),
    ...announcements(before, after),
    ...troubles(before, after, troubledSince),
    ...departures(before, after),
    ...frames(before, after),
    ...stalls(before, after),
    ...leads(before, after),
  ];
  return moments.sort((one, other) => one.at - other.at);
}

/** All that is wrong at a look, by name. */
export const wrongAt = ({ troubles, behind }: Pick<Facts, 'troubles' | 'behind'>): Record<string, string> => {
  const { [STARTING]: _starting, ...wrong } = { ...troubles, ...behind };
  return wrong;
};

const endings = (before: Facts, after: Facts): SeenMoment[] =>
  [...after.ended].flatMap(([number, attempt]): SeenMoment[] =>
    before.ended.has(number) ? [] : [{ is: 'ended', at: attempt.closedAt ?? after.at, attempt }],
  );

function repairs({ counted: before }: Facts, { at, counted }: Facts): SeenMoment[] {
  const since = (name: 'filled' | 'missing' | 'gaps' | 'lostOnBus' | 'notCarried'): number =>
    counted[name] - before[name];
  const news = {
    filled: since('filled'),
    missing: since('missing'),
    gaps: since('gaps'),
    lostOnBus: since('lostOnBus'),
    notCarried: since('notCarried'),
  };
  return Object.values(news).some((count) => count > 0) ? [{ is: 'repaired', at, ...news }] : [];
}

const announcements = (before: Facts, after: Facts): SeenMoment[] =>
  [...after.announced].flatMap(([place, hole]): SeenMoment[] =>
    before.announced.has(place) ? [] : [{ is: 'announced', at: hole.at, hole }],
  );

function troubles(before: Facts, after: Facts, since: ReadonlyMap<string, Millis>): SeenMoment[] {
  const [was, now] = [wrongAt(before), wrongAt(after)];
  const begun = Object.entries(now).filter(([name]) => !(name in was));
  const over = Object.keys(was).filter((name) => !(name in now));
  return [
    ...begun.map(([name, why]): SeenMoment => ({ is: 'trouble', at: after.at, name, why })),
    ...over.map((name): SeenMoment => {
      const forMs = after.at - (since.get(name) ?? before.at);
      return { is: 'over', at: after.at, name, forMs };
    }),
  ];
}

const departures = (before: Facts, after: Facts): SeenMoment[] =>
  [...after.gone].flatMap(([id, client]): SeenMoment[] =>
    before.gone.has(id) ? [] : [{ is: 'left', at: client.leftAt, client }],
  );

function frames(before: Facts, after: Facts): SeenMoment[] {
  const count = after.counted.badFrames - before.counted.badFrames;
  const kinds = [...after.drift].filter(([kind]) => !before.drift.has(kind));
  return [
    ...(count > 0
      ? [{ is: 'unreadable', at: after.at, frames: count, newest: after.newestBadFrame } satisfies SeenMoment]
      : []),
    ...kinds.map(([, kind]): SeenMoment => ({ is: 'drifted', at: after.at, kind })),
  ];
}

function stalls({ counted: before }: Facts, { at, counted }: Facts): SeenMoment[] {
  const times = counted.stalls - before.stalls;
  return times > 0 ? [{ is: 'stalled', at, times }] : [];
}

const leads = ({ lead: from }: Facts, { at, lead: to }: Facts): SeenMoment[] =>
  from === to ? [] : [{ is: 'lead', at, from, to }];
