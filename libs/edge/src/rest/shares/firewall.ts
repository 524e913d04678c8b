import type { Clock, Millis } from '#libs/core';

/** How often in a row Binance's firewall has refused. */
interface Refusals {
  inARow: number;
  at: Millis;
}

const NEVER: Refusals = { inARow: 0, at: -Infinity };

/** From so many on nothing of this client is passed on for a while. */
const MOST_IN_A_ROW = 3;

const PAUSE_MS: Millis = 60_000;

/** Whose last refusal is so long ago begins again. */
const REMEMBERED_MS: Millis = 600_000;

/**
 * What clients ask may look like an attack to the firewall before Binance. That is a matter of who asks, and of nobody else; but who goes
 * on asking would have it look at our address. After a pause one more refusal is enough for the next one. Where it refuses whoever asks,
 * it is about the host: `Pass` sees to that.
 *
 * @see https://developers.binance.com/docs/binance-spot-api-docs/rest-api/limits `HTTP 403` is for the WAF
 */
export class Firewall {
  /** The one that was refused longest ago first. */
  private readonly byClient = new Map<string, Refusals>();

  constructor(private readonly clock: Pick<Clock, 'now'>) {}

  /** For how long nothing of this client is passed on. */
  waitMs(who: string): Millis {
    const { inARow, at } = this.byClient.get(who) ?? NEVER;
    return inARow < MOST_IN_A_ROW ? 0 : Math.max(0, at + PAUSE_MS - this.clock.now());
  }

  /** Binance has answered what this client asked. */
  passed(who: string): void {
    this.byClient.delete(who);
  }

  /** The firewall has. */
  refused(who: string): void {
    const at = this.clock.now();
    for (const [client, { at: last }] of this.byClient) {
      if (last > at - REMEMBERED_MS) break;
      this.byClient.delete(client);
    }
    const inARow = (this.byClient.get(who)?.inARow ?? 0) + 1;
    this.byClient.delete(who);
    this.byClient.set(who, { inARow, at });
  }
}
