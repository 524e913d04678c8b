import { once } from 'node:events';
import { systemClock } from '#libs/clock';

/** What may wait for a reader who is slow, or has stopped reading; what comes on top is counted and dropped. */
const MOST_WAITING_BYTES = 4_194_304;

/** How long a slow reader is waited for at the end. */
const LAST_WORDS_MS = 500;

let isGone = false;
let isWatched = false;
let lost = 0;

/**
 * Standard output as a log needs it: writing never throws and never waits, whoever reads it, because neither serving nor
 * stopping may depend on that. A reader that has gone, a disk that is full, a pipe that nobody empties cost lines.
 * A terminal is the exception: one that is held with Ctrl-S holds the process, as the system has it.
 */
export const standardOutput = {
  write(text: string): void {
    watch();
    if (isGone || process.stdout.writableLength > MOST_WAITING_BYTES) {
      lost += 1;
      return;
    }
    try {
      process.stdout.write(text);
    } catch {
      lost += 1; // A file whose disk is full: writing there is synchronous, and throws.
    }
  },

  /** How many lines were lost. */
  get lost(): number {
    return lost;
  },

  /** Resolves when everything has been read, or will not be in time. */
  async drained(): Promise<void> {
    if (isGone || process.stdout.writableLength === 0) return;
    const patience = new Promise<void>((resolve) => void systemClock.after(LAST_WORDS_MS, resolve));
    await Promise.race([once(process.stdout, 'drain').catch(() => undefined), patience]);
  },
};

/** An error of an output stream that nobody listens for would end the process. */
export function watch(): void {
  if (isWatched) return;
  isWatched = true;
  process.stdout.on('error', () => {
    isGone = true;
    lost += 1;
  });
  process.stderr.on('error', () => undefined);
}
