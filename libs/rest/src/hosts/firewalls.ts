import type { Millis } from '#libs/core';
import type { Host } from './hosts.js';
import type { HttpAnswer } from './http.js';
import { type Verdict, judgeForOthers } from './verdict.js';

/** What has been refused so often in a row, whoever asked, is not to blame: it is us that this host does not want. */
const MOST_IN_A_ROW = 10;

/** After so long it is asked again, and one more refusal is enough. */
const SHUNNED_MS: Millis = 60_000;

/** The firewall before each host, and how often in a row it has refused what others ask. */
export class Firewalls {
  private readonly inARow = new Map<Host, number>();

  /** What an answer to somebody else's question means, by those of the same host before. */
  judge(answer: HttpAnswer, now: Millis, host: Host): Verdict {
    const verdict = judgeForOthers(answer, now);
    if (answer.status !== 403 || verdict.is !== 'refused') {
      this.inARow.delete(host);
      return verdict;
    }
    const inARow = (this.inARow.get(host) ?? 0) + 1;
    this.inARow.set(host, inARow);
    // No order to wait: it holds no weight, so that what we ask ourselves goes on.
    return inARow < MOST_IN_A_ROW ? verdict : { is: 'failed', why: verdict.why, forMs: SHUNNED_MS };
  }

  /** Whether a host is left alone because its firewall has refused so often. */
  isShut(host: Host, now: Millis): boolean {
    return host.until > now && (this.inARow.get(host) ?? 0) >= MOST_IN_A_ROW;
  }
}
