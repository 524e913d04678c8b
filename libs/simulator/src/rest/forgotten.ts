/** Ids that a history has lost for good. */
export interface LostRows {
  /** As in payloads; empty: every symbol. */
  symbol: string;
  /** The endpoint, `aggTrades`; empty: every one. */
  path: string;
  from: number;
  to: number;
}

/** What an incident took out of the history: rows that were streamed and that REST does not give, whoever asks and however late. */
export class Forgotten {
  private losses: LostRows[] = [];

  add(loss: LostRows): void {
    this.losses.push(loss);
  }

  clear(): void {
    this.losses = [];
  }

  /** Whether this row is still there: `id` is a trade's id, or the instant at which a candle opens. */
  keeps(path: string, symbol: string, id: number): boolean {
    return !this.losses.some(
      (loss) =>
        (loss.path === '' || loss.path === path) &&
        (loss.symbol === '' || loss.symbol === symbol) &&
        loss.from <= id &&
        id <= loss.to,
    );
  }
}
