import type { Clock, Millis } from '#libs/core';

/** How often in a row Binance's firewall has refused. */
interface Refusals {
  inARow: number;
  at: Millis;
}

/** From so many on nothing of this client is passed on for a while, of nobody where all clients together were refused so often. */
const MOST_OF_ONE = 3;
const MOST_OF_ALL = 10;

const PAUSE_MS: Millis = 60_000;

/** Whose last refusal is so long ago begins again. */
const REMEMBERED_MS: Millis = 600_000;

/**
 * What clients ask may look like an attack to the firewall before Binance. That is a matter of who asks, and of nobody else; but who goes
 * on asking would have it look at our address. After a pause one more refusal is enough for the next one.
 *
 * @see https://developers.binance.com/docs/binance-spot-api-docs/rest-api/limits `HTTP 403` is for the WAF
 */
export class Firewall {
  private all: Refusals = { inARow: 0, at: -Infinity };
  /** The one that was refused longest ago first. */
  private readonly byClient = new Map<string, Refusals>();

  constructor(private readonly clock: Pick<Clock, 'now'>) {}

  /** For how long nothing of this client is passed on. */
  waitMs(who: string): Millis {
    const now = this.clock.now();
    const waitOf = ({ inARow, at }: Refusals, most: number): Millis => (inARow < most ? 0 : at + PAUSE_MS - now);
    const own = this.byClient.get(who);
    return Math.max(0, waitOf(this.all, MOST_OF_ALL), own ? waitOf(own, MOST_OF_ONE) : 0);
  }

  /** Binance has answered what this client asked. */
  passed(who: string): void {
    this.all.inARow = 0;
    this.byClient.delete(who);
  }

  /** The firewall has. */
  refused(who: string): void {
    const at = this.clock.now();
    this.all = { inARow: this.all.inARow + 1, at };
    for (const [client, { at: last }] of this.byClient) {
      if (last > at - REMEMBERED_MS) break;
      this.byClient.delete(client);
    }
    const inARow = (this.byClient.get(who)?.inARow ?? 0) + 1;
    this.byClient.delete(who);
    this.byClient.set(who, { inARow, at });
  }
}
