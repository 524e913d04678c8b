import type { Clock, Millis } from '#libs/core';

/** Something to be done, so long after the beginning. */
export interface Due {
  at: Millis;
  act: () => void;
}

/** Of one turn of the loop it takes so much: everybody else is served between. */
const TURN_MS = 5;

/** However long it is until the next is due, whether all is over is looked at so often. */
const LOOK_EVERY_MS = 50;

/** Does each in its time, in the order in which they are given. Resolves when all are done, or nothing is left to do it for. */
export async function carryOut(agenda: readonly Due[], clock: Clock, isOver: () => boolean): Promise<void> {
  const beganAt = clock.now();
  const untilDue = ({ at }: Due): Millis => at - (clock.now() - beganAt);
  let done = 0;
  while (!isOver()) {
    const turnEndsAt = clock.now() + TURN_MS;
    let next = agenda[done];
    while (next && untilDue(next) <= 0 && clock.now() < turnEndsAt) {
      next.act();
      done += 1;
      next = agenda[done];
    }
    if (!next) return;
    await pause(clock, Math.min(LOOK_EVERY_MS, Math.max(0, untilDue(next))));
  }
}

export const pause = (clock: Clock, ms: Millis): Promise<void> =>
  new Promise((resolve) => void clock.after(ms, resolve));
