import { createLogUpdate } from 'log-update';

/** Where a drill shows what happens: a screen updated in place on a terminal, plain lines anywhere else. */
export interface Display {
  /** Something happened; stays readable. */
  say(line: string): void;
  /** How things are now. Drawn in place of the previous one; a display without a screen shows one now and then. */
  draw(frame: () => string[]): void;
  /** Leaves the last frame where it is; what follows is written below. */
  end(): void;
}

/** A terminal: one screen, updated in place. What was said is part of the frame, so `say` draws nothing itself. */
export function terminalDisplay(stream: NodeJS.WriteStream): Display {
  const update = createLogUpdate(stream);
  return {
    say: () => undefined,
    draw: (frame) => {
      const { columns, rows } = stream;
      update(fit(frame(), columns, rows).join('\n'));
    },
    end: () => update.done(),
  };
}

/** Anything that is no terminal: a line for each thing that happens, nothing is ever taken back. */
export function lineDisplay(write: (line: string) => void): Display {
  return { say: write, draw: () => undefined, end: () => undefined };
}

/** A frame taller than the terminal would scroll and could not be updated in place; its last line stays in any case. */
function fit(lines: readonly string[], columns: number, rows: number): readonly string[] {
  const most = Math.max(4, rows - 1);
  const narrow = columns < 60 ? lines.filter((line) => line !== '') : lines;
  return narrow.length <= most ? narrow : narrow.slice(0, most);
}
