import type { Millis } from '#libs/core';

/** What brings events of a stream: a connection, by the number of its line. */
export type SourceId = number;

/** What is known of one source of one stream. */
export interface SourceView {
  readonly openedAt: Millis;
  /** How far it is, in the ids of the stream's order; kept while there is another source, or something waits. */
  reach: number;
  /** When it last brought an event of the stream. */
  heardAt: Millis | undefined;
}

/** The living sources of one stream. */
export class Sources {
  private readonly views = new Map<SourceId, SourceView>();

  /** Whether there is one and no other. */
  get isOnlyOne(): boolean {
    return this.views.size === 1;
  }

  get(id: SourceId): SourceView | undefined {
    return this.views.get(id);
  }

  open(id: SourceId, now: Millis): void {
    if (!this.views.has(id)) this.views.set(id, { openedAt: now, reach: -Infinity, heardAt: undefined });
  }

  /** Whether it was there. */
  close(id: SourceId): boolean {
    return this.views.delete(id);
  }

  /** Whether one of them is not yet so far: what comes before that may still be under way. */
  isSomeoneBefore(reach: number): boolean {
    for (const view of this.views.values()) if (view.reach < reach) return true;
    return false;
  }
}
