/** When it is so many they wait no longer. */
const MOST_HELD = 1_000;

/** Messages of a new term that wait until the end of the one before has come, or cannot be had. */
export class HeldBack {
  readonly texts: string[] = [];

  /** @param tooMany called when it is more than may wait. */
  constructor(private readonly tooMany: () => void) {}

  hold(text: string): void {
    this.texts.push(text);
    if (this.texts.length >= MOST_HELD) this.tooMany();
  }
}
