/** The newest of many: more than so many are not kept. */
export class NewestFew<T> {
  private items: T[] = [];

  constructor(private readonly most: number) {}

  push(item: T): void {
    this.items.push(item);
    // Cut seldom rather than shifted each time: thousands come in a second.
    if (this.items.length > 2 * this.most) this.items = this.items.slice(-this.most);
  }

  /** At most so many, the newest first. */
  newest(most = this.most): T[] {
    return this.items.slice(-Math.min(most, this.most)).reverse();
  }
}
