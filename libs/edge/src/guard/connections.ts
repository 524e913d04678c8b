import type { Clock, Millis } from '#libs/core';

/**
 * uWebSockets.js cuts off who has said nothing whole 10 s after he came, or after he was answered, by a clock that ticks every 4 s:
 * after so long nobody is left, whether anybody told so or not.
 */
const GONE_AFTER_MS: Millis = 15_000;

/** Why a connection is not taken, or kept, for what it is: too many of one address, or of all. */
export type Crowding = 'of-address' | 'of-all';

/** An accepted connection that is no client's. */
export interface Comer {
  /** Whose it is; undefined for a proxy's, behind which there may be anybody. */
  address: string | undefined;
  /** What it has said: nothing whole yet (an upgrade that is not answered is that too), or requests that are none for an upgrade. */
  kind: 'unheard' | 'http';
}

/** Those of one kind, by address. */
class Tally {
  size = 0;
  /** Those that wait for something from their client, oldest first, and since when. */
  private readonly idle = new Map<string | undefined, Map<Comer, Millis>>();
  /** Those that are being answered. */
  private readonly busy = new Map<string | undefined, Set<Comer>>();
  private sweptAt: Millis = -Infinity;

  constructor(private readonly clock: Pick<Clock, 'now'>) {}

  /** How many there are of an address. */
  of(address: string | undefined): number {
    this.sweep();
    this.forgetGone(address);
    return (this.idle.get(address)?.size ?? 0) + (this.busy.get(address)?.size ?? 0);
  }

  /** One waits for its client, from now on. */
  wait(comer: Comer): void {
    this.remove(comer);
    const all = this.idle.get(comer.address) ?? new Map<Comer, Millis>();
    this.idle.set(comer.address, all.set(comer, this.clock.now()));
    this.size += 1;
  }

  /** Its client waits for us. */
  work(comer: Comer): void {
    this.remove(comer);
    const all = this.busy.get(comer.address) ?? new Set();
    this.busy.set(comer.address, all.add(comer));
    this.size += 1;
  }

  remove(comer: Comer): void {
    for (const all of [this.idle, this.busy]) {
      const ofAddress = all.get(comer.address);
      if (!ofAddress?.delete(comer)) continue;
      this.size -= 1;
      if (ofAddress.size === 0) all.delete(comer.address);
    }
  }

  /** The one of an address that waits for longest. */
  oldest(address: string | undefined): Comer | undefined {
    return this.idle.get(address)?.keys().next().value;
  }

  private forgetGone(address: string | undefined): void {
    const until = this.clock.now() - GONE_AFTER_MS;
    for (const [comer, since] of this.idle.get(address) ?? []) {
      if (since > until) return;
      this.remove(comer);
    }
  }

  /** Forgets addresses of which nobody is left. */
  private sweep(): void {
    const now = this.clock.now();
    if (now - this.sweptAt < GONE_AFTER_MS) return;
    this.sweptAt = now;
    for (const address of this.idle.keys()) this.forgetGone(address);
  }
}

/**
 * Connections that are open and no client's, each in one state: it has said nothing whole yet, or it speaks HTTP. There may be so many
 * of either, half of them of one address: who asks over HTTP and stays takes no place from who comes in.
 */
export class Connections {
  /** Of either state. */
  private open = 0;
  private readonly unheard: Tally;
  private readonly http: Tally;

  constructor(
    clock: Pick<Clock, 'now'>,
    private readonly most: number,
  ) {
    this.unheard = new Tally(clock);
    this.http = new Tally(clock);
  }

  /** How many there are that have not said, or not been answered, what they want. */
  get handshakes(): number {
    return this.open - this.kept;
  }

  /** How many there are that speak HTTP. */
  get kept(): number {
    return Math.min(this.open, this.http.size);
  }

  /** One more has come; undefined where there is no room for it, and it is to be cut off. */
  came(address: string | undefined): Comer | undefined {
    this.open += 1;
    if (this.handshakes > this.most || this.isCrowded(this.unheard, address)) return undefined;
    const comer: Comer = { address, kind: 'unheard' };
    this.unheard.wait(comer);
    return comer;
  }

  /**
   * One has asked something that is no upgrade.
   *
   * @param address whose it is, should its first request say so.
   * @returns why it may not stay, where that was the first.
   */
  asks(comer: Comer, address: string | undefined): Crowding | undefined {
    if (comer.kind === 'unheard') {
      this.unheard.remove(comer);
      comer.address = address;
      const crowding = this.crowding(address);
      if (crowding) return crowding;
    }
    comer.kind = 'http';
    this.http.work(comer);
    return undefined;
  }

  /** One has asked something, and waits for the answer. */
  waits(comer: Comer): void {
    if (comer.kind === 'unheard') this.unheard.work(comer);
    else this.http.work(comer);
  }

  /** One has been answered, and may ask again. */
  answered(comer: Comer): void {
    comer.kind = 'http';
    this.http.wait(comer);
  }

  /** One counts no more: it has gone, or is going. */
  over(comer: Comer): void {
    this.unheard.remove(comer);
    this.http.remove(comer);
  }

  /** One has become a client's. @param comer undefined where nobody knows which one of this address it was. */
  upgraded(comer: Comer | undefined, address: string | undefined): void {
    if (comer) this.over(comer);
    else this.lost(address);
    this.closed();
  }

  /** One of this address counts no more, and nobody knows which: one that has just come, rather, and it may have come by a proxy. */
  lost(address: string | undefined): void {
    const found = this.unheard.oldest(address) ?? this.unheard.oldest(undefined) ?? this.http.oldest(address);
    if (found) this.over(found);
  }

  /** One has closed. */
  closed(): void {
    this.open -= 1;
  }

  private crowding(address: string | undefined): Crowding | undefined {
    if (this.isCrowded(this.http, address)) return 'of-address';
    return this.http.size >= this.most ? 'of-all' : undefined;
  }

  private isCrowded(tally: Tally, address: string | undefined): boolean {
    const count = tally.of(address);
    return address !== undefined && count >= this.most / 2;
  }
}
