import type { FrameProblem, ProblemCode } from '#libs/binance';
import type { Millis } from '#libs/core';
import { DriftLog, type DriftRecord } from './drift-log.js';
import { Quarantine } from './quarantine.js';

/** What was wrong or new in what lines have read: counted, and kept to look at. */
export class Problems {
  readonly quarantine = new Quarantine();
  readonly drift: DriftLog;

  /** @param count Told of every bad frame. */
  constructor(
    private readonly count: (code: ProblemCode, problem: FrameProblem) => void,
    onDrift: (record: DriftRecord) => void,
  ) {
    this.drift = new DriftLog(onDrift);
  }

  note(problem: FrameProblem, bytes: Uint8Array, generation: number, now: Millis): void {
    this.quarantine.add(problem, bytes, generation, now);
    this.count(problem.code, problem);
  }
}
