import type { Epoch, Topic } from '#libs/core';

/** Who came last: numbers that only rise, over every process on this bus. */
export interface Terms {
  /**
   * A number higher than every one given before under this key, also to earlier processes, and higher than `above`: what
   * others have seen, in case the bus has forgotten it. Waits while the bus is down; rejects only when it stops.
   */
  next(key: Topic, above?: Epoch): Promise<Epoch>;
}
