import { statSync } from 'node:fs';
import type { Cancel, Clock, Millis } from '#libs/core';

const LOOK_EVERY_MS: Millis = 1_000;

/**
 * Says when files have changed. They are looked at now and then: a secret that is mounted changes where its link points to, and no
 * event tells that. What changes is left alone until it has rested for one look, for two files are seldom written in one moment.
 */
export function watchFiles(
  paths: readonly string[],
  clock: Clock,
  changed: () => void,
  look: (path: string) => string = signature,
): Cancel {
  const lookAtAll = (): string => paths.map(look).join('\n');
  let known = lookAtAll();
  let seen = known;
  const again = (): void => {
    const now = lookAtAll();
    const rests = now === seen;
    seen = now;
    if (rests && now !== known) {
      known = now;
      changed();
    }
    cancel = clock.after(LOOK_EVERY_MS, again);
  };
  let cancel = clock.after(LOOK_EVERY_MS, again);
  return () => cancel();
}

/** Differs whenever the file is another one or has been written. */
function signature(path: string): string {
  try {
    const { ino, size, mtimeMs, ctimeMs } = statSync(path);
    return [ino, size, mtimeMs, ctimeMs].join(' ');
  } catch (error) {
    return String((error as NodeJS.ErrnoException).code);
  }
}
