import { type ControlRequest, type MarketLimits, encodeRequest } from '#libs/binance';
import type { Millis, StreamName } from '#libs/core';
import { Suspects } from './suspects.js';

/** After so many failures in a row nothing on this connection can be trusted. */
const MOST_UNANSWERED = 3;
const MOST_REFUSED = 20;

/** A name that was acknowledged and is not on Binance's list is asked for so often before it counts as refused. */
const MOST_UNLISTED = 3;

const NOT_LISTED = 'acknowledged, and not on its list';

/** What an answer, or the lack of one, has changed. */
export type Settlement =
  /** Nobody has asked. */
  | { is: 'stray' }
  | { is: 'done' | 'mismatch' | 'unanswered' | 'hopeless' }
  /** Binance's list is what we have asked for; `isWhole` when that is all that is wanted. */
  | { is: 'confirmed'; isWhole: boolean }
  /** These names are not to be had here, whatever is tried. */
  | { is: 'refused'; streams: readonly StreamName[]; why: string };

export type Settled = Exclude<Settlement, { is: 'stray' }>;

/**
 * What one connection has been asked for, against what is wanted. Keeps no queue: each request is made from the newest
 * wanted set at the moment it may be sent, so nothing stale is ever sent. One request is under way at a time. A refused
 * request is halved until the name is found that is the reason, so no name costs its neighbours anything.
 */
export class Requests {
  /** Since when each stream is known to be carried: acknowledged, or on Binance's list. */
  readonly carriedSince = new Map<StreamName, Millis>();
  /** What Binance was asked for on this connection and did not refuse. */
  private readonly asked: Set<StreamName>;
  private readonly unlisted = new Map<StreamName, number>();
  private readonly suspects = new Suspects();
  private pending: ControlRequest | undefined;
  private lastId = 0;
  /** In a row. */
  private refusals = 0;
  private unanswereds = 0;
  private mismatches = 0;
  private isAuditDue = true;

  /** @param refused Names that are not asked for; the line keeps them over connections. */
  constructor(
    public wanted: ReadonlySet<StreamName>,
    inUrl: Iterable<StreamName>,
    private readonly refused: Map<StreamName, string>,
    private readonly limits: Pick<MarketLimits, 'streams' | 'requestBytes'>,
  ) {
    this.asked = new Set(inUrl);
  }

  get isWaiting(): boolean {
    return this.pending !== undefined;
  }

  /** Asks for a comparison with Binance's own list when nothing else is to be sent, and gives refused names another chance. */
  requestAudit(): void {
    this.isAuditDue = true;
    this.refused.clear();
    this.unlisted.clear();
    this.mismatches = 0;
  }

  /** As if it had never been asked for: it is asked for again if it is wanted. */
  forget(stream: StreamName): void {
    this.asked.delete(stream);
    this.carriedSince.delete(stream);
  }

  /** The next request to send; undefined when one is under way or none is needed. */
  next(): ControlRequest | undefined {
    if (this.pending) return undefined;
    const { streams: most } = this.limits;
    const surplus = [...this.asked].filter((stream) => !this.wanted.has(stream));
    const missing = this.missing();
    const mustShrink = this.asked.size + missing.length > most;
    if (surplus.length > 0 && (mustShrink || missing.length === 0)) return this.send('UNSUBSCRIBE', surplus);
    const room = most - this.asked.size;
    if (missing.length > 0 && room > 0) return this.send('SUBSCRIBE', this.suspects.among(missing).slice(0, room));
    return this.isAuditDue ? this.sendAudit() : undefined;
  }

  /** Binance accepted. For SUBSCRIBE that proves nothing about the stream, only about the list. */
  acknowledged(id: unknown, result: unknown, now: Millis): Settlement {
    if (this.pending?.id !== id || !this.pending) return { is: 'stray' };
    const request = this.pending;
    this.pending = undefined;
    this.refusals = 0;
    this.unanswereds = 0;
    if (request.method === 'LIST_SUBSCRIPTIONS') return this.compare(result, now);
    if (request.method === 'SUBSCRIBE') for (const stream of request.params) this.carry(stream, now);
    if (request.method === 'UNSUBSCRIBE') for (const stream of request.params) this.forget(stream);
    // After repairs that did not help the list is looked at with the next audit only.
    if (this.mismatches < MOST_UNLISTED) this.isAuditDue = true;
    return { is: 'done' };
  }

  /** Binance refused. A refusal without an id can only mean the request that is under way. */
  wasRefused(id: unknown, why: string): Settlement {
    if (!this.pending || (id !== undefined && id !== null && id !== this.pending.id)) return { is: 'stray' };
    const { method } = this.pending;
    if (method !== 'SUBSCRIBE') return this.unanswered();
    const { params } = this.pending;
    this.pending = undefined;
    this.refusals += 1;
    if (this.refusals >= MOST_REFUSED) return { is: 'hopeless' };
    if (params.length === 1) return this.refuse(params, why);
    this.suspects.split(params);
    return { is: 'done' };
  }

  /** Binance did not answer in time: only it knows what it did; the list will tell. */
  unanswered(): Settlement {
    if (!this.pending) return { is: 'stray' };
    this.pending = undefined;
    this.unanswereds += 1;
    this.isAuditDue = true;
    return { is: this.unanswereds >= MOST_UNANSWERED ? 'hopeless' : 'unanswered' };
  }

  private missing(): StreamName[] {
    return [...this.wanted].filter((stream) => !this.asked.has(stream) && !this.refused.has(stream));
  }

  private carry(stream: StreamName, now: Millis): void {
    this.asked.add(stream);
    if (!this.carriedSince.has(stream)) this.carriedSince.set(stream, now);
  }

  private refuse(streams: readonly StreamName[], why: string): Settlement {
    for (const stream of streams) {
      this.forget(stream);
      this.refused.set(stream, why);
    }
    return { is: 'refused', streams, why };
  }

  private send(method: 'SUBSCRIBE' | 'UNSUBSCRIBE', streams: readonly StreamName[]): ControlRequest {
    const id = ++this.lastId;
    return (this.pending = { method, params: fitting(method, streams, id, this.limits.requestBytes), id });
  }

  private sendAudit(): ControlRequest {
    this.isAuditDue = false;
    return (this.pending = { method: 'LIST_SUBSCRIPTIONS', id: ++this.lastId });
  }

  /** Takes Binance's list for the truth: what differs from the wanted set is asked for again by `next`. */
  private compare(result: unknown, now: Millis): Settlement {
    const names: unknown[] = Array.isArray(result) ? result : [];
    const listed = new Set(names.filter((name) => typeof name === 'string').map(decoded));
    const lost = [...this.asked].filter((stream) => !listed.has(stream));
    const isSame = lost.length === 0 && listed.size === this.asked.size;
    for (const stream of lost) this.forget(stream);
    for (const stream of listed) this.carry(stream, now);
    if (isSame) {
      this.mismatches = 0;
      return { is: 'confirmed', isWhole: this.missing().length === 0 };
    }
    this.mismatches += 1;
    const hopeless = lost.filter((stream) => this.countUnlisted(stream) >= MOST_UNLISTED);
    return hopeless.length > 0 ? this.refuse(hopeless, NOT_LISTED) : { is: 'mismatch' };
  }

  private countUnlisted(stream: StreamName): number {
    const times = (this.unlisted.get(stream) ?? 0) + 1;
    this.unlisted.set(stream, times);
    return times;
  }
}

/** A name as we write it, should Binance list one as it stood in the URL. */
function decoded(name: string): StreamName {
  if (!name.includes('%')) return name;
  try {
    return decodeURIComponent(name);
  } catch {
    return name;
  }
}

/** As many of the streams as one request may hold; at least one. */
function fitting(
  method: 'SUBSCRIBE' | 'UNSUBSCRIBE',
  streams: readonly StreamName[],
  id: number,
  most: number,
): StreamName[] {
  let room = most - Buffer.byteLength(encodeRequest({ method, params: [], id }));
  const params: StreamName[] = [];
  for (const stream of streams) {
    room -= Buffer.byteLength(stream) + '"",'.length;
    if (room < 0 && params.length > 0) break;
    params.push(stream);
  }
  return params;
}
