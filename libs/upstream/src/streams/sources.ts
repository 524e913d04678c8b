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
export class Sources extends Map<SourceId, SourceView> {
  open(id: SourceId, openedAt: Millis): void {
    if (!this.has(id)) this.set(id, { openedAt, reach: -Infinity, heardAt: undefined });
  }

  /** Whether one of them has brought something. */
  get isDelivering(): boolean {
    for (const view of this.values()) if (view.heardAt !== undefined) return true;
    return false;
  }

  /** Whether one of them is not yet so far: what comes before that may still be under way. */
  isSomeoneBefore(reach: number): boolean {
    for (const view of this.values()) if (view.reach < reach) return true;
    return false;
  }
}
