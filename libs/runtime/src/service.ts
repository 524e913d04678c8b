import type { Millis } from '#libs/core';

/** A part of a process that is started and stopped; the order is written out by the app, see `start.ts`. */
export interface Service {
  readonly name: string;
  /** Where it can be reached, once it has started; absent where nobody connects to it. */
  readonly url?: string;
  /** What it waits for before anything comes of it, as a sentence for whoever has just started it; absent where it waits for nothing. */
  readonly waitsFor?: string | undefined;
  /** Where a person can look at what it does, once it has started; absent where there is nothing to be seen. */
  readonly pageUrl?: string | undefined;
  /**
   * Runs what it does with every message for so long, on values of its own, before anything is started: code that has not run yet is slow.
   * Nothing of it is seen or heard afterwards. Where it rejects the part is slow at first, and nothing else.
   */
  warmUp?(forMs: Millis): Promise<void>;
  /** Resolves when the part does its work; rejects when it never will. */
  start(): Promise<void>;
  /**
   * Resolves when nobody needs the part any more, or has had time enough to go elsewhere. Called once, before anything is stopped, and only
   * where everything had started.
   */
  drain?(): Promise<void>;
  /** Resolves when the part holds nothing open any more. Never rejects; calling it twice is the same as once. */
  stop(): Promise<void>;
}
