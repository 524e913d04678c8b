/** Told what a callback threw, and which one it was. */
export type OnError = (error: unknown, where: string) => void;

/** Calls foreign code. What it throws, or rejects with, is told once and stops nobody else. */
export class Fence {
  constructor(private readonly onError: OnError | undefined) {}

  /** @param where says which callback it is. */
  call(where: string, act: () => unknown): void {
    try {
      const outcome = act();
      if (outcome instanceof Promise) void outcome.catch((error: unknown) => this.report(error, where));
    } catch (error) {
      this.report(error, where);
    }
  }

  report(error: unknown, where: string): void {
    if (!this.onError) return toConsole(where, error);
    try {
      this.onError(error, where);
    } catch (another) {
      toConsole(where, error);
      toConsole('error', another);
    }
  }
}

/** Where nobody wants to be told, people must see it somewhere. */
function toConsole(where: string, error: unknown): void {
  // oxlint-disable-next-line no-console -- the last resort: an error of the program around us must not vanish
  console.error(`Holdfast client, ${where}:`, error);
}
