/** So many are remembered: two lines that overlap are not further apart. */
const MOST_REMEMBERED = 64;

/**
 * Tells the copies of events that nothing numbers, by their text: the same one from another source is the same event.
 * One source may well say the same thing twice.
 */
export class SeenTexts {
  private readonly seen: { text: string; source: number }[] = [];

  /** Whether another source has brought this already. */
  isCopy(text: string, source: number): boolean {
    const at = this.seen.findIndex((one) => one.text === text && one.source !== source);
    if (at >= 0) {
      this.seen.splice(at, 1);
      return true;
    }
    this.seen.push({ text, source });
    if (this.seen.length > MOST_REMEMBERED) this.seen.shift();
    return false;
  }
}
