import type { Millis } from '../clock.js';
import { placeIn } from '../words/codec.js';
import type { MissedQuestion } from '../words/missed.js';
import { type Place, isAfter } from '../words/place.js';
import { type TextBlock, TextBlocks } from './text-block.js';

/** Where there is too much of it so much is left, so that there is not too much again with the next message. */
const LEFT = 15 / 16;

/** What one history needs of the shelf on which it stands. */
export interface HistoryRoom {
  /** Of all histories together. */
  bytes: number;
  readonly streamBytes: number;
  readonly totalBytes: number;
  /** Bytes for a block of this size at least. */
  lend(size: number): Buffer;
  /** Nobody reads them any more. */
  giveBack(bytes: Buffer): void;
  makeRoom(): void;
  remove(history: StreamHistory): void;
}

/** Whatever is taken after all when nobody wants it any more is let go at once. */
const CLOSED: HistoryRoom = {
  bytes: 0,
  streamBytes: 0,
  totalBytes: 0,
  lend: (size) => Buffer.allocUnsafe(size),
  giveBack: () => undefined,
  makeRoom: () => undefined,
  remove: () => undefined,
};

/** How many had gone by when somebody looked. */
interface HistoryMark {
  at: Millis;
  count: number;
}

/** Blocks grow with what is kept: what is empty in them is never much more than that. */
const FIRST_BLOCK = 1_024;
export const LARGEST_BLOCK = 32_768;

/**
 * The newest messages of one stream as they were said, in their order and with nothing missing between, within the bounds of its
 * shelf.
 */
export class StreamHistory {
  /** Of all that is kept. */
  bytes = 0;
  private readonly blocks = new TextBlocks();
  private marks: HistoryMark[] = [];

  constructor(public shelf: HistoryRoom) {}

  /** One more was said. */
  take(text: string): void {
    const { shelf } = this;
    let block = this.blocks.newest;
    let at = block?.ends.at(-1) ?? 0;
    // No letter takes more than three bytes.
    const isTight = block !== undefined && at + 3 * text.length > block.bytes.length;
    if (!block || (isTight && at + Buffer.byteLength(text) > block.bytes.length)) {
      block = this.anotherBlock(text);
      at = 0;
    }
    const size = block.bytes.write(text, at);
    block.ends.push(at + size);
    this.bytes += size;
    shelf.bytes += size;
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
  }

  /** What comes next does not follow. */
  clear(): void {
    this.keepNewest(0);
  }

  /** Puts what came before the oldest one in its place; false where there is no room for all of it. The caller knows that nothing is missing between. */
  putBefore(texts: readonly string[]): boolean {
    const { shelf } = this;
    const bytes = texts.reduce((sum, text) => sum + Buffer.byteLength(text), 0);
    if (this.bytes + bytes > shelf.streamBytes) return false;
    const all = [...texts, ...this.kept];
    this.clear();
    // As old as what has come this moment.
    this.marks = [];
    for (const text of all) this.take(text);
    return true;
  }

  /** Lets go of what was there already so long ago. */
  look(now: Millis, ageMs: Millis): void {
    const count = this.blocks.end;
    if (this.marks.at(-1)?.count !== count) this.marks.push({ at: now, count });
    for (let [mark] = this.marks; mark && now - mark.at >= ageMs; [mark] = this.marks) {
      while (this.blocks.from < mark.count) this.dropOldest();
      this.marks.shift();
    }
  }

  /** All of them, the oldest first. */
  get kept(): string[] {
    return this.blocks.after(this.blocks.from);
  }

  /** The same, from the newest one on. */
  *newestFirst(): Generator<string> {
    for (let at = this.blocks.end - 1; at >= this.blocks.from; at -= 1) yield this.blocks.at(at);
  }

  get oldest(): string | undefined {
    const { from, end } = this.blocks;
    return from < end ? this.blocks.at(from) : undefined;
  }

  /** Those that stand behind a place. */
  behind(place: Place): string[] {
    return this.blocks.after(this.numberBehind(place));
  }

  /**
   * Messages that somebody has missed: all of them, or as many from the first on as so many letters hold, one at least; none where one
   * of these is not here.
   */
  missed({ epoch, after, to }: MissedQuestion, mostLetters: number): string[] {
    const found: string[] = [];
    let letters = 0;
    for (let at = this.numberBehind({ epoch, seq: after }); at < this.blocks.end; at += 1) {
      const text = this.blocks.at(at);
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

  private numberBehind(place: Place): number {
    let { from, end: to } = this.blocks;
    while (from < to) {
      const middle = (from + to) >> 1;
      if (isAfter(placeIn(this.blocks.at(middle)), place)) to = middle;
      else from = middle + 1;
    }
    return from;
  }

  /** One more block, with room for this text at least. */
  private anotherBlock(text: string): TextBlock {
    const usual = Math.min(2 * (this.blocks.newest?.bytes.length ?? FIRST_BLOCK / 2), LARGEST_BLOCK);
    return this.blocks.begin(this.shelf.lend(Math.max(usual, Buffer.byteLength(text))));
  }

  private dropOldest(): void {
    const { bytes, emptied } = this.blocks.dropOldest();
    this.bytes -= bytes;
    this.shelf.bytes -= bytes;
    if (emptied) this.shelf.giveBack(emptied);
  }
}

/** Whether it is what an edge has told its clients in its own words: no message of the stream's, and nobody else's business. */
const isOwnWord = (text: string): boolean => text.startsWith('{"type":"feed"') && text.includes('"by":"edge"');
