/** What waits of one stream for one client. */
export interface HeldMessage<Item> {
  item: Item;
  /** Nothing takes its place, and nothing passes it. */
  isKept: boolean;
  /** So many before it, which the client has not been told, gave way to it. */
  conflated: number;
  /** How many that nothing passes came before it. */
  behind: number;
}

/**
 * What waits of one stream for one client, in order: of each key the newest alone, at the place of the oldest, so that keys that
 * change often keep nobody waiting. Not past a message that is kept: what stood before such a one never comes after it.
 */
export class Held<Item> {
  private readonly messages = new Map<string | number | symbol, HeldMessage<Item>>();
  private kept = 0;
  private keptNow = 0;

  /** The one that goes next. */
  get first(): HeldMessage<Item> | undefined {
    for (const message of this.messages.values()) return message;
    return undefined;
  }

  /** How many wait that something else may take the place of. */
  get loose(): number {
    return this.messages.size - this.keptNow;
  }

  /** Takes the place of what waits under this key. @returns whether there was such a one. */
  put(key: string, item: Item): boolean {
    const older = this.messages.get(key);
    if (older?.behind === this.kept) {
      older.item = item;
      older.conflated += 1;
      return true;
    }
    this.messages.delete(key);
    this.messages.set(key, this.message(item, older));
    return older !== undefined;
  }

  /** Waits behind everything, whatever comes. What waits under this key gives way to it. */
  keep(item: Item, key: string | undefined): boolean {
    const older = key === undefined ? undefined : this.messages.get(key);
    if (older && key !== undefined) this.messages.delete(key);
    this.messages.set(Symbol(), { ...this.message(item, older), isKept: true });
    this.kept += 1;
    this.keptNow += 1;
    return older !== undefined;
  }

  /** The message that what follows it joins; undefined where something that is kept stands between. */
  open(): HeldMessage<Item> | undefined {
    return this.messages.get(this.kept);
  }

  /** Begins one that what follows it joins. */
  begin(item: Item): void {
    // Another one may be open, which this does not follow.
    if (this.messages.has(this.kept)) this.kept += 1;
    this.messages.set(this.kept, this.message(item, undefined));
  }

  /** The next one goes. */
  shift(): HeldMessage<Item> | undefined {
    for (const [key, message] of this.messages) {
      this.messages.delete(key);
      if (message.isKept) this.keptNow -= 1;
      return message;
    }
    return undefined;
  }

  private message(item: Item, older: HeldMessage<Item> | undefined): HeldMessage<Item> {
    return { item, isKept: false, conflated: older ? older.conflated + 1 : 0, behind: this.kept };
  }
}
