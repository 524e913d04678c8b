/** When it is so much they wait no longer. */
export const MOST_HELD = 10_000;
const MOST_HELD_LETTERS = 4_000_000;

/** Messages that wait until what was missed before them has come, or cannot be had. */
export class HeldBack {
  readonly texts: string[] = [];
  private letters = 0;

  /** @param tooMany called when it is more than may wait. */
  constructor(private readonly tooMany: () => void) {}

  hold(text: string): void {
    this.texts.push(text);
    this.letters += text.length;
    if (this.texts.length >= MOST_HELD || this.letters >= MOST_HELD_LETTERS) this.tooMany();
  }
}
