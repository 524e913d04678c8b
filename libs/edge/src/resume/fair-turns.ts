/** Something that begins when its turn has come. */
export interface TurnTaker {
  /** Not once it has begun, or nobody wants it any more. */
  readonly isDue: boolean;
  begin(): void;
}

/**
 * Lets so many begin at once, and so many of them for one client; clients take turns, so who wants much keeps nobody waiting who wants
 * little. What several want begins for the one whose turn comes first.
 */
export class FairTurns<Client> {
  /** The client that comes first here has the next turn. */
  private readonly due = new Map<Client, Set<TurnTaker>>();
  private readonly underWay = new Map<TurnTaker, Client>();

  constructor(
    private readonly most: number,
    private readonly mostOfOne: number,
  ) {}

  /** This begins as soon as it may. */
  want(client: Client, taker: TurnTaker): void {
    const due = this.due.get(client) ?? new Set();
    this.due.set(client, due.add(taker));
    this.fill();
  }

  /** This needs no turn any more, whether it goes on or not. */
  over(taker: TurnTaker): void {
    if (this.underWay.delete(taker)) this.fill();
  }

  /** The client wants nothing more. */
  forget(client: Client): void {
    this.due.delete(client);
  }

  private fill(): void {
    while (this.underWay.size < this.most) {
      const next = this.next();
      if (!next) return;
      const [client, taker] = next;
      if (!taker.isDue) continue;
      this.underWay.set(taker, client);
      taker.begin();
    }
  }

  /** Whose turn it is, and for what; then it is that of the others. */
  private next(): [Client, TurnTaker] | undefined {
    for (const [client, takers] of this.due) {
      if (this.countOf(client) >= this.mostOfOne) continue;
      this.due.delete(client);
      const [first] = takers;
      if (!first) continue;
      takers.delete(first);
      if (takers.size > 0) this.due.set(client, takers);
      return [client, first];
    }
    return undefined;
  }

  private countOf(client: Client): number {
    return [...this.underWay.values()].filter((other) => other === client).length;
  }
}
