import { type Clock, type Millis, stamp } from '#libs/core';
import type { Host, Hosts } from './hosts.js';
import type { HttpAnswer } from './http.js';
import type { RestRequest } from './request.js';
import type { Verdict } from './verdict.js';

/** What became of requests. */
export type RestResult = Verdict['is'] | 'unreachable';

/** What a host has answered, and what that means. */
export interface Asked {
  answer: HttpAnswer;
  verdict: Verdict;
}

/** Asks one host once, and does what its answer orders. */
export class Asker {
  /** How many requests ended how. */
  readonly results: Record<RestResult, number>;

  constructor(
    private readonly hosts: Hosts,
    private readonly clock: Clock,
    private readonly judge: (answer: HttpAnswer, now: Millis, host: Host) => Verdict,
  ) {
    this.results = { answered: 0, refused: 0, strange: 0, limited: 0, forbidden: 0, failed: 0, unreachable: 0 };
  }

  /** What it answers; undefined where it cannot be reached, or the request was given up. */
  async ask(
    host: Host,
    request: RestRequest,
    headers: Readonly<Record<string, string>>,
    signal: AbortSignal,
  ): Promise<Asked | undefined> {
    const sentAt = this.clock.now();
    this.hosts.begins(host, sentAt);
    const answer = await host.http.get(request, headers, signal);
    if (signal.aborted) return undefined;
    if (!answer.ok) {
      this.results.unreachable += 1;
      this.hosts.failed(host, { why: answer.problem, forMs: 0, sentAt }, this.clock.now());
      return undefined;
    }
    host.weight.learn(answer.value);
    const verdict = this.judge(answer.value, stamp(this.clock), host);
    this.results[verdict.is] += 1;
    this.obey(host, verdict, sentAt);
    return { answer: answer.value, verdict };
  }

  private obey(host: Host, verdict: Verdict, sentAt: Millis): void {
    const now = this.clock.now();
    switch (verdict.is) {
      case 'answered':
      case 'refused':
      case 'strange':
        return this.hosts.answered(host);
      case 'limited':
        this.hosts.answered(host);
        // It is the address that is told to wait, and so it is, whichever host it would ask.
        for (const { weight } of this.hosts.all) weight.hold(verdict.forMs);
        return;
      case 'forbidden':
        host.weight.hold(verdict.forMs);
        return this.hosts.failed(host, { ...verdict, sentAt }, now);
      case 'failed':
        return this.hosts.failed(host, { ...verdict, sentAt }, now);
    }
  }
}
