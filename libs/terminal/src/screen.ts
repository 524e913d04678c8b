import { createLogUpdate } from 'log-update';
import { type ScreenSize, canRedraw, sizeOf } from './size.js';

/** Where a program shows what happens: a screen updated in place on a terminal, plain lines anywhere else. */
export interface Display {
  /** Something happened; stays readable. */
  say(line: string): void;
  /** How things are now. Drawn in place of the previous one; a display without a screen shows none. */
  draw(frame: Drawing): void;
  /** Leaves the last frame where it is; what follows is written below. */
  end(): void;
}

type Drawing = (size: ScreenSize) => string[];

/** What is there as far as the eye reaches, and the cursor at its beginning. */
const CLEARED = '\u001B[2J\u001B[H';

/** The one that fits the output: a screen where it can be drawn over, else lines. */
export const displayOn = (output: NodeJS.WriteStream, say: (line: string) => void): Display =>
  canRedraw(output) ? terminalDisplay(output) : lineDisplay(say);

/** A terminal: one screen, updated in place. What was said is part of the frame, so `say` draws nothing itself. */
export function terminalDisplay(stream: NodeJS.WriteStream): Display {
  const update = createLogUpdate(stream);
  let last: Drawing = () => [];
  let { columns } = sizeOf(stream);
  const draw = (frame: Drawing): void => {
    last = frame;
    const size = sizeOf(stream);
    if (size.columns !== columns) {
      // A terminal folds what it has drawn into its new width, so nobody knows any more where that is.
      update.done();
      stream.write(CLEARED);
      ({ columns } = size);
    }
    update(frame(size).join('\n'));
  };
  const redraw = (): void => draw(last);
  stream.on('resize', redraw);
  return {
    say: () => undefined,
    draw,
    end: () => {
      stream.off('resize', redraw);
      update.done();
    },
  };
}

/** Anything that is no terminal: a line for each thing that happens, nothing is ever taken back. */
function lineDisplay(write: (line: string) => void): Display {
  return { say: write, draw: () => undefined, end: () => undefined };
}
