import { createLogUpdate } from 'log-update';
import type { ScreenSize } from './fit.js';

/** Where a drill shows what happens: a screen updated in place on a terminal, plain lines anywhere else. */
export interface Display {
  /** Something happened; stays readable. */
  say(line: string): void;
  /** How things are now. Drawn in place of the previous one; a display without a screen shows one now and then. */
  draw(frame: (size: ScreenSize) => string[]): void;
  /** Leaves the last frame where it is; what follows is written below. */
  end(): void;
}

/** A terminal: one screen, updated in place. What was said is part of the frame, so `say` draws nothing itself. */
export function terminalDisplay(stream: NodeJS.WriteStream): Display {
  const update = createLogUpdate(stream);
  return {
    say: () => undefined,
    draw: (frame) => update(frame({ columns: stream.columns, rows: stream.rows }).join('\n')),
    end: () => update.done(),
  };
}

/** Anything that is no terminal: a line for each thing that happens, nothing is ever taken back. */
export function lineDisplay(write: (line: string) => void): Display {
  return { say: write, draw: () => undefined, end: () => undefined };
}
