import { count, counted } from '#libs/core';

/** The ids of a stream whose ids rise by one: what came, held against what there was. */
export interface IdsSeen {
  from: number;
  to: number;
  came: number;
  /** Between the first and the last one, and not come. */
  missing: number;
}

/** Counts the ids of a stream of trades. */
export class IdCount {
  private seen: IdsSeen | undefined;

  /** An id that is not above the last one begins anew: the exchange counts from there again. */
  take(id: number): void {
    const { seen } = this;
    if (!seen || id <= seen.to) this.seen = { from: id, to: id, came: 1, missing: 0 };
    else this.seen = { ...seen, to: id, came: seen.came + 1, missing: seen.missing + id - seen.to - 1 };
  }

  show(): IdsSeen | undefined {
    return this.seen;
  }
}

/** `ids 1,204 to 1,310: all 107 came`. */
export const sayIds = ({ from, to, came, missing }: IdsSeen): string =>
  `${plain(from)} to ${plain(to)}: ${missing === 0 ? `all ${count(came)} came` : `${count(came)} came, ${counted(missing, 'id')} did not`}`;

/** Ids are read off and looked for: without commas. */
const plain = (id: number): string => String(id);
