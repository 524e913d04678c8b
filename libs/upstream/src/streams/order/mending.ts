import type { Hole } from './order.js';

/**
 * What is being done about a hole of one stream. `whole`: there is none. `holding`: another source may still bring what is missing.
 * `filling`: none will, and repairers are asked. `checking`: nothing is known to be missing, but for a while there was no source, and
 * repairers are asked what came meanwhile.
 */
export type MendingState = 'whole' | 'holding' | 'filling' | 'checking';

/**
 * `awaited`: what is missing is left to other sources. `lacking`: it is left to repairers. `doubted`: something may be missing.
 * `closed`: nothing is, or it is given up.
 */
export type MendingEvent = 'awaited' | 'lacking' | 'doubted' | 'closed';

/** Every legal move; a missing cell means that nothing changes. */
export const NEXT_MENDING: Record<MendingState, Partial<Record<MendingEvent, MendingState>>> = {
  whole: { awaited: 'holding', lacking: 'filling', doubted: 'checking' },
  holding: { lacking: 'filling', closed: 'whole' },
  filling: { awaited: 'holding', closed: 'whole' },
  checking: { awaited: 'holding', lacking: 'filling', closed: 'whole' },
};

/** Whether this state has repairers at work. */
export const isRepaired = (state: MendingState): boolean => state === 'filling' || state === 'checking';

/** Whether a hole is what is left of the one that is being filled, and not the next one behind it. */
export const isLeftOf = ({ from }: Hole, { to = Infinity }: Hole): boolean => from <= to;
