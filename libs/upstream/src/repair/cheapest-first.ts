import type { Cancel } from '#libs/core';

/** Somebody who waits for a turn. */
interface InLine {
  cost: number;
  go: () => void;
}

/**
 * So many ask at once, over all holes; the cheapest question goes first, and of equal ones the one that came first. So the holes of
 * one outage are one plan: what costs least to fill is filled first.
 */
export class CheapestFirst {
  private readonly line: InLine[] = [];
  private taken = 0;

  constructor(private readonly most: number) {}

  /** Resolves when it is one's turn, with what ends it. Who is aborted meanwhile gets a turn, too, and ends it. */
  async take(cost: number): Promise<Cancel> {
    if (this.taken >= this.most) await new Promise<void>((go) => this.stand({ cost, go }));
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
    const at = this.line.findIndex(({ cost }) => cost > one.cost);
    this.line.splice(at < 0 ? this.line.length : at, 0, one);
  }
}
