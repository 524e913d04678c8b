import { type ParsedStream, isOrdered } from '#libs/binance';
import type { Ask } from '#libs/bus';
import {
  type Cancel,
  type Clock,
  type MarketEvent,
  type Millis,
  type Topic,
  type WithheldAnswer,
  type WithheldQuestion,
  decode,
  isMarketEvent,
  readWithheldAnswer,
} from '#libs/core';
import { pause } from '#libs/rest';
import { CheapestFirst } from '../../repair/cheapest-first.js';
import type { Hole } from '../../streams/order/order.js';
import type { RepairTold, Repairer } from '../../streams/repairer.js';

interface StandbyRepairerParts {
  ask: Ask;
  channel: Topic;
  clock: Clock;
  /** How often it is looked whether a line of somebody else has come so far, and how far it may be behind ours. */
  timings: { tickMs: Millis; lagMs: Millis };
}

/** Nobody who stands by takes longer than this. */
const ANSWER_MS: Millis = 300;

/** Where nobody has answered, nobody is asked for so long: what is missing is to be had elsewhere. */
const NOBODY_MS: Millis = 10_000;

/** Answers are large, and all come at once after an outage. */
const MOST_AT_ONCE = 4;

const NOBODY = 'no upstream stands by that carries it';
const NOT_THERE = 'no upstream that stands by has it';

/**
 * Holes that our own lines leave: an upstream that stands by has lines of its own, and what we have not said it keeps. It is asked before
 * REST is, which costs weight and is behind.
 */
export class StandbyRepairer implements Repairer {
  readonly name = 'standby';
  readonly isTireless = false;
  private readonly turns = new CheapestFirst(MOST_AT_ONCE);
  private nobodyUntil: Millis = -Infinity;

  constructor(private readonly parts: StandbyRepairerParts) {}

  repairs({ isArray, known: { ordering, history } }: ParsedStream): boolean {
    return !isArray && (ordering.rule === 'chain' || history !== undefined);
  }

  begin(stream: ParsedStream, hole: Hole, told: RepairTold): Cancel {
    const ending = new AbortController();
    void this.run(stream, hole, told, ending.signal);
    return () => ending.abort();
  }

  private async run(stream: ParsedStream, hole: Hole, told: RepairTold, signal: AbortSignal): Promise<void> {
    const { clock, timings } = this.parts;
    const isDoubt = hole.to === undefined;
    // Whether something is missing he can say only when what has happened by now has come to him as well.
    await pause(clock, isDoubt ? timings.lagMs : 0, signal);
    const until = clock.now() + (isDoubt ? 0 : timings.lagMs);
    let left: Hole | undefined = hole;
    while (!signal.aborted) {
      const { from, to }: Hole = left;
      const answer = await this.ask({ stream: stream.name, from, ...(to !== undefined && { to }) }, hole, signal);
      if (signal.aborted) return;
      if (!answer) return told.pass(NOBODY);
      left = told.bring(eventsIn(stream, answer));
      if (!left) return;
      if (answer.isAll && isDoubt) return told.whole();
      const hasSome = answer.events.length > 0;
      const isStuck = hasSome ? left.from <= from : clock.now() >= until;
      if (answer.isAll || isStuck) return told.pass(NOT_THERE);
      if (!hasSome) await pause(clock, timings.tickMs, signal);
    }
  }

  private async ask(
    question: WithheldQuestion,
    { count = 0 }: Hole,
    signal: AbortSignal,
  ): Promise<WithheldAnswer | undefined> {
    const { ask, channel, clock } = this.parts;
    const done = await this.turns.take(1, count);
    if (signal.aborted || clock.now() < this.nobodyUntil) {
      done();
      return undefined;
    }
    const answer = await new Promise<unknown>((resolve) => ask.ask(channel, question, ANSWER_MS, resolve));
    done();
    const read = readWithheldAnswer(answer);
    if (!read) this.nobodyUntil = clock.now() + NOBODY_MS;
    return read;
  }
}

/** Those that are of the stream, and can be put in order. */
function eventsIn({ name, type, known }: ParsedStream, { events }: WithheldAnswer): MarketEvent[] {
  return events.flatMap((text) => {
    const event = decode(text);
    if (!event.ok || !isMarketEvent(event.value)) return [];
    const { value } = event;
    return value.stream === name && value.type === type && isOrdered(known, value) ? [value] : [];
  });
}
