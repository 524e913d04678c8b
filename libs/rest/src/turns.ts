/** Lets the next one go on; may be called again for nothing. */
export type EndTurn = () => void;

/** So many at a time; the others wait in the order in which they came. */
export class Turns {
  running = 0;
  private readonly queue = new Set<() => void>();

  constructor(private readonly most: number) {}

  /** How many wait. */
  get waiting(): number {
    return this.queue.size;
  }

  /** Resolves when it is this one's turn, with what ends it; undefined when it was given up before. */
  take(signal: AbortSignal): Promise<EndTurn | undefined> {
    if (signal.aborted) return Promise.resolve(undefined);
    if (this.running < this.most) return Promise.resolve(this.begin());
    return new Promise((resolve) => {
      const givenUp = (): void => {
        this.queue.delete(called);
        resolve(undefined);
      };
      const called = (): void => {
        signal.removeEventListener('abort', givenUp);
        resolve(this.begin());
      };
      this.queue.add(called);
      signal.addEventListener('abort', givenUp, { once: true });
    });
  }

  private begin(): EndTurn {
    let isRunning = true;
    this.running += 1;
    return () => {
      if (!isRunning) return;
      isRunning = false;
      this.running -= 1;
      this.callNext();
    };
  }

  private callNext(): void {
    for (const called of this.queue) {
      this.queue.delete(called);
      return called();
    }
  }
}
