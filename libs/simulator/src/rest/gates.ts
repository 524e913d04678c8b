import type { Clock } from '#libs/core';
import { Gate, type GateStep, type Stay } from '../server/gate.js';

/** Decides what happens to the next requests: orders for one endpoint first, then those for all. */
export class RestGates {
  private readonly byPath = new Map<string, Gate>();

  constructor(private readonly clock: Clock) {}

  /** An order for one endpoint (`aggTrades`), or with an empty path for all. */
  order(path: string, step: GateStep, stay: Stay): void {
    this.open(path).order(step, stay);
  }

  /** The step for the request that has just come. */
  next(path: string): GateStep {
    const step = this.byPath.get(path)?.next() ?? 'accept';
    return step === 'accept' ? this.open('').next() : step;
  }

  clear(): void {
    this.byPath.clear();
  }

  private open(path: string): Gate {
    const gate = this.byPath.get(path) ?? new Gate(this.clock);
    this.byPath.set(path, gate);
    return gate;
  }
}
