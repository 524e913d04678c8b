import { type ControlRequest, LONGEST_REQUEST, encodeRequest } from '#libs/binance';
import type { StreamName } from '#libs/core';

/** Streams that one connection may have. */
export const MOST_STREAMS = 1_024;

/** A refused or unanswered request is repeated so often on one connection before the connection is given up. */
const MOST_FAILURES = 3;

interface Pending {
  request: ControlRequest;
  id: number;
}

/** What an answer changed. */
export type Outcome = 'stray' | 'done' | 'confirmed' | 'mismatch' | 'refused' | 'hopeless';

/**
 * What one connection has been asked for, against what is wanted. Keeps no queue: each request is made from the newest
 * wanted set at the moment it may be sent, so nothing stale is ever sent. One request is under way at a time.
 */
export class Subscriptions {
  /** What Binance was asked for on this connection and did not refuse. */
  private readonly asked: Set<StreamName>;
  private pending: Pending | undefined;
  private lastId = 0;
  private failures = 0;
  private auditDue = true;

  constructor(
    private readonly wanted: ReadonlySet<StreamName>,
    inUrl: Iterable<StreamName>,
  ) {
    this.asked = new Set(inUrl);
  }

  get isWaiting(): boolean {
    return this.pending !== undefined;
  }

  /** Asks for a comparison with Binance's own list when nothing else is to be sent. */
  requestAudit(): void {
    this.auditDue = true;
  }

  /** The next request to send; undefined when one is under way or none is needed. */
  next(): ControlRequest | undefined {
    if (this.pending) return undefined;
    const surplus = [...this.asked].filter((stream) => !this.wanted.has(stream));
    const missing = [...this.wanted].filter((stream) => !this.asked.has(stream));
    const mustShrink = this.asked.size + missing.length > MOST_STREAMS;
    if (surplus.length > 0 && (mustShrink || missing.length === 0)) return this.send('UNSUBSCRIBE', surplus);
    if (missing.length > 0) return this.send('SUBSCRIBE', missing.slice(0, MOST_STREAMS - this.asked.size));
    return this.auditDue ? this.sendAudit() : undefined;
  }

  /** Binance accepted. For SUBSCRIBE that proves nothing about the stream, only about the list. */
  acknowledged(id: unknown, result: unknown): Outcome {
    if (this.pending?.id !== id || !this.pending) return 'stray';
    const { request } = this.pending;
    this.pending = undefined;
    if (request.method === 'LIST_SUBSCRIPTIONS') return this.compare(result);
    this.failures = 0;
    if (request.method === 'SUBSCRIBE') for (const stream of request.params) this.asked.add(stream);
    if (request.method === 'UNSUBSCRIBE') for (const stream of request.params) this.asked.delete(stream);
    this.auditDue = true;
    return 'done';
  }

  /** Binance refused, or did not answer in time. A refusal without an id can only mean the one that is under way. */
  failed(id?: unknown): Outcome {
    if (!this.pending || (id !== undefined && id !== null && id !== this.pending.id)) return 'stray';
    this.pending = undefined;
    this.failures += 1;
    // After an unanswered request only Binance knows what it did; the list will tell.
    this.auditDue = true;
    return this.failures >= MOST_FAILURES ? 'hopeless' : 'refused';
  }

  private send(method: 'SUBSCRIBE' | 'UNSUBSCRIBE', streams: readonly StreamName[]): ControlRequest {
    const id = ++this.lastId;
    const params = fitting(method, streams, id);
    return this.note({ method, params, id }, id);
  }

  private sendAudit(): ControlRequest {
    this.auditDue = false;
    const id = ++this.lastId;
    return this.note({ method: 'LIST_SUBSCRIPTIONS', id }, id);
  }

  private note(request: ControlRequest, id: number): ControlRequest {
    this.pending = { request, id };
    return request;
  }

  /** Takes Binance's list for the truth: what differs from the wanted set is asked for again by `next`. */
  private compare(result: unknown): Outcome {
    const names: unknown[] = Array.isArray(result) ? result : [];
    const listed = new Set(names.filter((name) => typeof name === 'string').map(decoded));
    const isSame = listed.size === this.asked.size && [...this.asked].every((stream) => listed.has(stream));
    if (isSame) {
      this.failures = 0;
      return [...this.wanted].every((stream) => listed.has(stream)) ? 'confirmed' : 'done';
    }
    this.asked.clear();
    for (const stream of listed) this.asked.add(stream);
    this.failures += 1;
    return this.failures >= MOST_FAILURES ? 'hopeless' : 'mismatch';
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

/** As many of the streams as one request may hold. */
function fitting(method: 'SUBSCRIBE' | 'UNSUBSCRIBE', streams: readonly StreamName[], id: number): StreamName[] {
  let room = LONGEST_REQUEST - Buffer.byteLength(encodeRequest({ method, params: [], id }));
  const params: StreamName[] = [];
  for (const stream of streams) {
    room -= Buffer.byteLength(stream) + '"",'.length;
    if (room < 0) break;
    params.push(stream);
  }
  return params;
}
