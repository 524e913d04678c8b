import { type Millis, type Result, doubled, notOk, ok } from '#libs/core';
import type { Http } from './http.js';
import type { RestFailure } from './request.js';
import type { Weight } from './weight.js';

/** One host of the REST API, and how it does. */
export interface Host {
  /** As in its URL, with a port where it has one. */
  name: string;
  /** Paths that it does not serve. */
  lacks: readonly string[];
  http: Http;
  weight: Weight;
  /** In a row. */
  failures: number;
  failedAt: Millis;
  /** It is passed over until then. */
  until: Millis;
  /** What went wrong last, while something does. */
  why: string | undefined;
}

export interface HostTimings {
  /** For so long a host is passed over after its first failure; doubles up to the most. */
  failedMs: Millis;
  failedMostMs: Millis;
  /** A whole answer must be here by then, or the host has failed. */
  answerMs: Millis;
}

/** Which host is asked: the first one that does not fail. */
export class Hosts {
  constructor(
    readonly all: readonly Host[],
    private readonly timings: HostTimings,
  ) {}

  /** The host to ask for a path, those `tried` left out; or why there is none, and when there may be. */
  pick(path: string, tried: ReadonlySet<Host>, now: Millis): Result<Host, RestFailure> {
    const serving = this.all.filter(({ lacks }) => !lacks.includes(path));
    if (serving.length === 0) return notOk({ why: `no host serves ${path}`, retryInMs: 0, isFinal: true });
    const host = serving.find((one) => !tried.has(one) && one.until <= now);
    if (host) return ok(host);
    const retryInMs = Math.max(0, Math.min(...serving.map(({ until }) => until)) - now);
    const why = serving.map((one) => `${one.name}: ${one.why ?? 'asked already'}`).join('; ');
    return notOk({ why, retryInMs, isFinal: false });
  }

  /** A request leaves for a host. Where it has failed, this one finds out whether it is back; others go elsewhere meanwhile. */
  begins(host: Host, now: Millis): void {
    if (host.failures > 0 && this.all.length > 1) host.until = now + this.timings.answerMs;
  }

  answered(host: Host): void {
    Object.assign(host, { failures: 0, until: -Infinity, why: undefined });
  }

  /** @param sentAt what was under way together counts as one failure. */
  failed(host: Host, { why, forMs, sentAt }: { why: string; forMs: Millis; sentAt: Millis }, now: Millis): void {
    if (sentAt < host.failedAt) return this.passOver(host, why, now + forMs);
    const { failedMs, failedMostMs } = this.timings;
    const waitMs = doubled(failedMs, host.failures, failedMostMs);
    Object.assign(host, { failures: host.failures + 1, failedAt: now, until: now + waitMs });
    this.passOver(host, why, now + forMs);
  }

  /** Somebody has ordered to leave it alone. */
  passOver(host: Host, why: string, until: Millis): void {
    host.why = why;
    host.until = Math.max(host.until, until);
  }
}
