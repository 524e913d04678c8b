import type { Cancel } from '#libs/core';

/** Somebody who waits for a turn. */
interface InLine {
  cost: number;
  size: number;
  go: () => void;
}

/**
 * So many ask at once, over all holes; the cheapest question goes first, and of equal ones that of the largest hole, whose stream is
 * the busiest: most waits behind it, and so much may wait and no more. So the holes of one outage are one plan.
 */
export class CheapestFirst {
  private readonly line: InLine[] = [];
  private taken = 0;

  constructor(private readonly most: number) {}

  /** Resolves when it is one's turn, with what ends it. Who is aborted meanwhile gets a turn, too, and ends it. */
  async take(cost: number, size: number): Promise<Cancel> {
    if (this.taken >= this.most) await new Promise<void>((go) => this.stand({ cost, size, go }));
    else this.taken += 1;
    let isOver = false;
    return () => {
      if (isOver) return;
      isOver = true;
      const next = this.line.shift();
      if (next) next.go();
      else this.taken -= 1;
    };
  }

  private stand(one: InLine): void {
    const at = this.line.findIndex(({ cost, size }) => cost > one.cost || (cost === one.cost && size < one.size));
    this.line.splice(at < 0 ? this.line.length : at, 0, one);
  }
}
