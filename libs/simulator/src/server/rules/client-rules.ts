import type { Millis } from '#libs/core';
import type { Limits } from './limits.js';
import type { Rule } from './records.js';
import { isRequest } from './requests.js';
import { RollingWindow } from './rolling-window.js';

/** A rule that a client broke, and what it costs. */
export interface Breach {
  rule: Rule;
  detail: string;
  /** The reason in the close frame (1008) that it costs; absent where the message is only passed over. */
  closesWith?: string;
}

/** What one client has said, held to Binance's rules. Judges and counts; what a breach costs is carried out by the connection. */
export class ClientRules {
  /** Client messages by kind. */
  readonly received = { requests: 0, pings: 0, pongs: 0 };
  /** The newest requests, as they came. */
  readonly requests: string[] = [];
  private readonly messages = new RollingWindow(1_000);

  constructor(private readonly limits: Pick<Limits, 'messagesPerSecond' | 'requestBytes'>) {}

  /** One request; undefined when it may be answered. */
  request(text: string, isBinary: boolean, now: Millis): Breach | undefined {
    this.received.requests += 1;
    const tooFast = this.judgeRate(now);
    if (tooFast) return tooFast;
    if (this.requests.push(text) > 100) this.requests.shift();
    const bytes = Buffer.byteLength(text);
    const { requestBytes } = this.limits;
    if (bytes > requestBytes) return { rule: 'request-size', detail: `${bytes} bytes, at most ${requestBytes}` };
    return isBinary || !isRequest(text) ? badShape(text) : undefined;
  }

  ping(now: Millis): Breach | undefined {
    this.received.pings += 1;
    return this.judgeRate(now);
  }

  /** `answersPing`: asked only of a pong that came in time. */
  pong(payload: string, now: Millis, answersPing: (payload: string) => boolean): Breach | undefined {
    this.received.pongs += 1;
    const tooFast = this.judgeRate(now);
    if (tooFast || answersPing(payload) || payload === '') return tooFast;
    return { rule: 'pong-payload', detail: `"${payload}" answers no ping` };
  }

  private judgeRate(now: Millis): Breach | undefined {
    const { messagesPerSecond } = this.limits;
    const count = this.messages.add(now);
    if (count <= messagesPerSecond) return undefined;
    const detail = `${count} in a rolling second, at most ${messagesPerSecond}`;
    return { rule: 'messages-per-second', detail, closesWith: 'Too many requests' };
  }
}

const badShape = (text: string): Breach => ({
  rule: 'request-shape',
  detail: text.slice(0, 100),
  closesWith: 'Invalid request',
});
