import type { Millis } from '../clock.js';
import { placeIn } from '../words/codec.js';
import type { MissedQuestion } from '../words/missed.js';
import { type Place, isAfter } from '../words/place.js';

/** Where there is too much of it so much is left, so that there is not too much again with the next message. */
const LEFT = 15 / 16;

/** What one history needs of the shelf on which it stands. */
export interface HistoryRoom {
  /** Of all histories together. */
  bytes: number;
  readonly streamBytes: number;
  readonly totalBytes: number;
  makeRoom(): void;
  remove(history: StreamHistory): void;
}

/** Whatever is taken after all when nobody wants it any more is let go at once. */
const CLOSED: HistoryRoom = {
  bytes: 0,
  streamBytes: 0,
  totalBytes: 0,
  makeRoom: () => undefined,
  remove: () => undefined,
};

/** How many had gone by when somebody looked. */
interface HistoryMark {
  at: Millis;
  count: number;
}

/**
 * The newest messages of one stream as they were said, in their order and with nothing missing between, within the bounds of its
 * shelf. The hot paths write into it in line, as `take` does, so its fields are open.
 */
export class StreamHistory {
  /** The oldest first; what is gone already is empty. */
  texts: string[] = [];
  bytes = 0;
  /** Where in `texts` the oldest one is that is kept. */
  private head = 0;
  /** How many had gone by before the first of `texts`. */
  private before = 0;
  private marks: HistoryMark[] = [];

  constructor(public shelf: HistoryRoom) {}

  /** One more was said. */
  take(text: string): void {
    const { shelf } = this;
    this.texts.push(text);
    this.bytes += text.length;
    shelf.bytes += text.length;
    if (this.bytes > shelf.streamBytes || shelf.bytes > shelf.totalBytes) this.shrink();
  }

  /** There is more than may be, of this stream or of all. */
  shrink(): void {
    const { shelf } = this;
    if (this.bytes > shelf.streamBytes) this.keepNewest(shelf.streamBytes * LEFT);
    if (shelf.bytes > shelf.totalBytes) shelf.makeRoom();
  }

  /** Lets go of the oldest ones until no more than so many bytes are left. */
  keepNewest(bytes: number): void {
    while (this.bytes > bytes) this.dropOldest();
    this.tidy();
  }

  /** What comes next does not follow. */
  clear(): void {
    this.keepNewest(0);
  }

  /** Puts what came before the oldest one in its place; false where there is no room for all of it. The caller knows that nothing is missing between. */
  putBefore(texts: readonly string[]): boolean {
    const { shelf } = this;
    const bytes = texts.reduce((sum, { length }) => sum + length, 0);
    if (this.bytes + bytes > shelf.streamBytes) return false;
    this.texts = [...texts, ...this.kept];
    this.head = this.before = 0;
    // As old as what has come this moment.
    this.marks = [];
    this.bytes += bytes;
    shelf.bytes += bytes;
    if (shelf.bytes > shelf.totalBytes) shelf.makeRoom();
    return true;
  }

  /** Lets go of what was there already so long ago. */
  look(now: Millis, ageMs: Millis): void {
    const count = this.before + this.texts.length;
    if (this.marks.at(-1)?.count !== count) this.marks.push({ at: now, count });
    for (let [mark] = this.marks; mark && now - mark.at >= ageMs; [mark] = this.marks) {
      while (this.before + this.head < mark.count) this.dropOldest();
      this.marks.shift();
    }
    this.tidy();
  }

  /** All of them, the oldest first. */
  get kept(): string[] {
    return this.texts.slice(this.head);
  }

  /** The same, from the newest one on. */
  *newestFirst(): Generator<string> {
    for (let at = this.texts.length - 1; at >= this.head; at -= 1) yield this.texts[at] ?? '';
  }

  get oldest(): string | undefined {
    return this.texts[this.head];
  }

  /** Those that stand behind a place. */
  behind(place: Place): string[] {
    return this.texts.slice(this.indexBehind(place));
  }

  /**
   * Messages that somebody has missed: all of them, or as many from the first on as so many letters hold, one at least; none where one
   * of these is not here.
   */
  missed({ epoch, after, to }: MissedQuestion, mostLetters: number): string[] {
    const found: string[] = [];
    let letters = 0;
    for (let at = this.indexBehind({ epoch, seq: after }); at < this.texts.length; at += 1) {
      const text = this.texts[at] ?? '';
      if (isOwnWord(text)) continue;
      const place = placeIn(text);
      if (place.epoch !== epoch || place.seq !== after + found.length + 1) return [];
      letters += text.length;
      if (found.length > 0 && letters > mostLetters) return found;
      found.push(text);
      if (place.seq === to) return found;
    }
    return [];
  }

  /** Nobody wants it any more. */
  close(): void {
    this.clear();
    this.shelf.remove(this);
    this.shelf = CLOSED;
  }

  private indexBehind(place: Place): number {
    let [from, to] = [this.head, this.texts.length];
    while (from < to) {
      const middle = (from + to) >> 1;
      if (isAfter(placeIn(this.texts[middle] ?? ''), place)) to = middle;
      else from = middle + 1;
    }
    return from;
  }

  private dropOldest(): void {
    const { length } = this.texts[this.head] ?? '';
    this.texts[this.head] = '';
    this.head += 1;
    this.bytes -= length;
    this.shelf.bytes -= length;
  }

  /** Takes off what is empty, when it is half of all. */
  private tidy(): void {
    if (this.head * 2 < this.texts.length) return;
    this.texts = this.kept;
    this.before += this.head;
    this.head = 0;
  }
}

/** Whether it is what an edge has told its clients in its own words: no message of the stream's, and nobody else's business. */
const isOwnWord = (text: string): boolean => text.startsWith('{"type":"feed"') && text.includes('"by":"edge"');
