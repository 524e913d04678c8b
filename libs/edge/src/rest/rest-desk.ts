import { type Clock, stamp } from '#libs/core';
import type { Permit } from '#libs/tokens';
import type { KnownSymbols } from '../symbols/known-symbols.js';
import { BUSY, type RestAnswer, complain, jsonAnswer, withUsedWeight } from './answer.js';
import type { OwnDepth } from './own-depth.js';
import type { Passes } from './passes.js';
import { ILLEGAL, type RestAsked, type RestQuestion, readQuestion } from './question.js';
import type { RestEnding } from './rest-metrics.js';
import { isRestPath, symbolsNamed } from './routes.js';
import { FairParts } from './shares/fair-parts.js';
import type { UntakenAnswers } from './shares/untaken-answers.js';
import type { SymbolRights } from './symbol-rights.js';

/** Who asks. */
export interface RestClient {
  /** What he is counted as: the holder of a token, else an address. */
  who: string;
  permit: Permit | undefined;
}

interface RestDeskParts {
  passes: Passes;
  /** Answers that are not read. */
  untaken: UntakenAnswers;
  rights: SymbolRights;
  clock: Clock;
  /** So many requests may wait for an answer at once. */
  mostWaiting: number;
  count: (ending: RestEnding) => void;
}

/** Answers requests to Binance's public REST API: from what this process knows, else from Binance. */
export class RestDesk {
  /** Answers for the books of the streams that are carried; filled in by who knows them. */
  ownDepth: OwnDepth = () => undefined;
  /** Which symbols there are; filled in by who knows them. */
  symbols: Pick<KnownSymbols, 'lacks' | 'miss'> | undefined;
  private readonly places = new FairParts();

  constructor(private readonly parts: RestDeskParts) {}

  /** How many requests wait for an answer. */
  get waiting(): number {
    return this.places.total;
  }

  /** Answers that are not read. */
  get untaken(): UntakenAnswers {
    return this.parts.untaken;
  }

  /** Whether a path is for this desk. */
  serves(path: string): boolean {
    return isRestPath(path);
  }

  /** Never rejects, and never answers at once: who asks on without waiting takes turns with everybody else. */
  async answer(asked: RestAsked, client: RestClient): Promise<RestAnswer> {
    const { clock, mostWaiting, count } = this.parts;
    const leave = this.places.take(client.who, 1, mostWaiting);
    if (!leave) {
      count('busy');
      return TOO_MANY;
    }
    try {
      await new Promise<void>((resolve) => void clock.after(0, resolve));
      return await this.judge(asked, client);
    } finally {
      leave();
    }
  }

  stop(): Promise<void> {
    return this.parts.passes.stop();
  }

  private judge(asked: RestAsked, client: RestClient): RestAnswer | Promise<RestAnswer> {
    const { passes, count } = this.parts;
    const question = readQuestion(asked);
    if (!question.ok) {
      count(ENDINGS[question.problem.status] ?? 'bad-query');
      return question.problem;
    }
    const refusal = this.refuse(question.value, client);
    if (refusal) return refusal;
    const own = this.own(question.value);
    if (!own) return passes.ask(question.value, client.who);
    count('own');
    return withUsedWeight(own, passes.usedWeight('spot'));
  }

  /** What Binance need not be asked for, or must not: symbols that a token is not for, and those that are none. */
  private refuse({ route, parameters }: RestQuestion, { permit }: RestClient): RestAnswer | undefined {
    const { rights, count } = this.parts;
    const named = symbolsNamed(parameters);
    const wanted = route.isOfSymbols ? (named ?? [undefined]) : [];
    const at = wanted.findIndex((symbol) => !rights(permit, symbol));
    if (at >= 0) {
      count('forbidden');
      return notFor(wanted[at]);
    }
    const unknown = named?.find((symbol) => symbol !== '' && this.symbols?.lacks({ symbol }));
    if (unknown === undefined) return undefined;
    count('unknown-symbol');
    if (/[^\p{Lu}\p{Lo}\p{N}_.-]/u.test(unknown)) return ILLEGAL;
    this.symbols?.miss(unknown);
    return NO_SYMBOL;
  }

  private own({ route, parameters, timeUnit }: RestQuestion): RestAnswer | undefined {
    switch (route.own) {
      case 'ping':
        return jsonAnswer(200, {});
      case 'time':
        return jsonAnswer(200, { serverTime: Math.floor(stamp(this.parts.clock) * UNITS[timeUnit]) });
      case 'depth':
        return this.ownDepth(parameters);
      case undefined:
        return undefined;
    }
  }
}

/** How many of them a millisecond has. */
const UNITS: Record<RestQuestion['timeUnit'], number> = { MILLISECOND: 1, MICROSECOND: 1_000 };

const ENDINGS: Partial<Record<number, RestEnding>> = { 404: 'not-found', 405: 'bad-method' };

const TOO_MANY = complain({ ...BUSY, retryInMs: 1_000 });

const NO_SYMBOL = complain({ status: 400, code: -1121, msg: 'Invalid symbol.' });

const notFor = (symbol = 'all symbols'): RestAnswer =>
  complain({
    status: 403,
    code: -1002,
    msg: `You are not authorized to execute this request: this token is not for ${symbol.slice(0, SHOWN)}.`,
  });

/** So much of a symbol is said again to who asked for it. */
const SHOWN = 50;
