import type { Clock, Millis } from '#libs/core';
import type { SimRefusal } from './gate.js';
import type { Limits } from './rules/limits.js';
import type { Rule } from './rules/records.js';
import { RollingWindow } from './rules/rolling-window.js';

/** Addresses remembered; more than a test or a drill ever has. */
const ADDRESSES = 10_000;

/** Keeps the rules about attempts per address: so many in five minutes, and a penalty for those closed too often. */
export class Doorkeeper {
  private readonly attempts = new Map<string, RollingWindow>();
  private readonly closes = new Map<string, RollingWindow>();
  private readonly outUntil = new Map<string, Millis>();

  constructor(
    private readonly clock: Clock,
    private readonly limits: Limits,
    private readonly violated: (rule: Rule, detail: string) => void,
  ) {}

  /** Notes an attempt; a refusal when it must not pass. */
  admit(ip: string, url: string): SimRefusal | undefined {
    const now = this.clock.now();
    const { attempts, attemptsWindowMs, urlBytes } = this.limits;
    const window = windowOf(this.attempts, ip, attemptsWindowMs);
    const count = window.add(now);
    if (count > attempts) {
      this.violated('connection-attempts', `${count} from ${ip} within ${attemptsWindowMs} ms, at most ${attempts}`);
      return { status: 429, retryAfter: secondsUntil(window.freeAt(now) ?? now, now) };
    }
    const out = this.outUntil.get(ip) ?? 0;
    if (out > now) {
      this.violated('attempt-in-penalty', `${ip} has to wait ${out - now} ms more`);
      return { status: 429, retryAfter: secondsUntil(out, now) };
    }
    if (Buffer.byteLength(url) <= urlBytes) return undefined;
    this.violated('url-length', `${Buffer.byteLength(url)} bytes, at most ${urlBytes}`);
    return { status: 414 };
  }

  /** Notes that a connection from here was closed for too many messages. */
  closedForRate(ip: string): void {
    const now = this.clock.now();
    const { penaltyAfter, penaltyMs } = this.limits;
    if (windowOf(this.closes, ip, penaltyMs).add(now) >= penaltyAfter) this.outUntil.set(ip, now + penaltyMs);
  }
}

function windowOf(windows: Map<string, RollingWindow>, ip: string, lengthMs: Millis): RollingWindow {
  let window = windows.get(ip);
  if (!window && windows.size >= ADDRESSES) windows.clear();
  if (!window) windows.set(ip, (window = new RollingWindow(lengthMs)));
  return window;
}

const secondsUntil = (then: Millis, now: Millis): number => Math.max(1, Math.ceil((then - now) / 1_000));
