import { type Clock, type Millis, type Result, notOk, ok } from '#libs/core';
import type { HttpAnswer, Pass, PassFailure, PassRequest } from '#libs/rest';
import { type RestAnswer, withUsedWeight } from './answer.js';
import type { KeptAnswers } from './kept-answers.js';
import { type RestQuestion, nowhere } from './question.js';
import { NO_SPOT, type WhyUnasked, refusal } from './refusals.js';
import type { RestEnding } from './rest-metrics.js';
import { type Venue, symbolsNamed } from './routes.js';
import { FairParts } from './shares/fair-parts.js';
import { FairWeight } from './shares/fair-weight.js';
import { Firewall } from './shares/firewall.js';

interface PassesParts {
  /** Where the APIs are that are known. */
  venues: ReadonlyMap<Venue, Pass>;
  kept: KeptAnswers;
  clock: Clock;
  count: (ending: RestEnding) => void;
}

/** A question under way at Binance. */
interface Flight {
  answer: Promise<RestAnswer>;
  /** The same question once more, for those who may not be told what was true before they asked. */
  next?: Promise<RestAnswer>;
}

/** Somebody's question that may leave. */
interface Leave {
  question: RestQuestion;
  request: PassRequest;
  who: string;
  pass: Pass;
  /** Gives back the place among those under way. */
  end: () => void;
  /** Gives back the weight, of which nothing was used. */
  unused: () => void;
}

/** What becomes of it: an answer, or what is said instead of asking. */
type Begun = Result<Promise<RestAnswer>, RestAnswer>;

/** Whatever hosts are tried, by then a client is answered. */
const ANSWER_MS: Millis = 9_000;

/** What is wrong with a question is not asked about again so soon, nor what the firewall has refused. */
const REFUSED_MS: Millis = 1_000;
const FORBIDDEN_MS: Millis = 10_000;

/** Who finds everything busy may ask again then. */
const SOON_MS: Millis = 1_000;

/** A question whose answer has megabytes counts as so many: one client has four of them under way. */
const LARGE_PLACES = 32;

/** Of Binance's headers those that a client goes by. */
const PASSED_ON = ['content-type', 'retry-after', 'x-mbx-used-weight', 'x-mbx-used-weight-1m'];

/**
 * Passes questions on to Binance, equal ones once: who asks what is under way waits for its answer, and what was answered a moment ago
 * is answered so again.
 */
export class Passes {
  private readonly flights = new Map<string, Flight>();
  private readonly places = new FairParts();
  private readonly weights: ReadonlyMap<Pass, FairWeight>;
  private readonly firewall: Firewall;
  /** What was said to one whom the firewall's refusals hold back when his turn came. */
  private readonly saidToHeld = new WeakSet<RestAnswer>();
  private readonly ending = new AbortController();

  constructor(private readonly parts: PassesParts) {
    const { venues, clock } = parts;
    this.weights = new Map([...venues.values()].map((pass) => [pass, new FairWeight(clock, pass)]));
    this.firewall = new Firewall(clock);
  }

  /** The answer to a question of somebody's, Binance's or why there is none; never rejects. */
  ask(question: RestQuestion, who: string): Promise<RestAnswer> {
    const { kept, count } = this.parts;
    const known = kept.find(question.key);
    if (known) {
      count('cached');
      return Promise.resolve(withUsedWeight(known, this.usedWeight(question.route.venue)));
    }
    const flight = this.flights.get(question.key);
    if (!flight) return answerTo(this.begin(question, who));
    return question.route.keepMs === 0 ? this.askAgain(flight, question, who) : this.join(flight.answer, question, who);
  }

  /** What is under way at Binance, and what waits for that. */
  get load(): { underWay: number; waiting: number } {
    const loads = [...this.parts.venues.values()].map(({ load }) => load);
    return {
      underWay: loads.reduce((sum, { underWay }) => sum + underWay, 0),
      waiting: loads.reduce((sum, { waiting }) => sum + waiting, 0),
    };
  }

  /** What Binance has counted for our address, as far as it has told. */
  usedWeight(venue: Venue): number {
    return this.parts.venues.get(venue)?.usedWeight ?? 0;
  }

  /** Answers what is under way with that there is none. */
  async stop(): Promise<void> {
    this.ending.abort();
    await Promise.all([...this.parts.venues.values()].map((pass) => pass.stop()));
  }

  /** What another one who asked the same is answered, unless that is for him alone. */
  private async join(flying: Promise<RestAnswer>, question: RestQuestion, who: string): Promise<RestAnswer> {
    const answer = await flying;
    if (this.saidToHeld.has(answer)) return this.ask(question, who);
    this.parts.count('joined');
    return answer;
  }

  /** What one is refused for, the others who ask the same are not: the first of them who may go on asks for those behind him. */
  private async askAgain(flight: Flight, question: RestQuestion, who: string): Promise<RestAnswer> {
    await flight.answer;
    if (flight.next) return this.join(flight.next, question, who);
    const begun = this.begin(question, who);
    if (begun.ok) flight.next = begun.value;
    return answerTo(begun);
  }

  /** The answer to come, or why there will be none. */
  private begin(question: RestQuestion, who: string): Begun {
    const leave = this.letGo(question, who);
    if (!leave.ok) return leave;
    const { key } = question;
    const flight: Flight = { answer: this.fetch(leave.value) };
    this.flights.set(key, flight);
    void flight.answer.then(() => {
      if (this.flights.get(key) === flight) this.flights.delete(key);
    });
    return ok(flight.answer);
  }

  /** Whether a question may leave, by what its client has had, and where it goes. */
  private letGo(question: RestQuestion, who: string): Result<Leave, RestAnswer> {
    const request = requestOf(question);
    const pass = this.parts.venues.get(question.route.venue);
    const weights = pass && this.weights.get(pass);
    if (!pass || !weights) return notOk(this.unknownVenue(question));
    const heldMs = this.firewall.waitMs(who);
    if (heldMs > 0) return notOk(this.refuse('held', heldMs));
    const end = this.places.take(who, request.isLarge ? LARGE_PLACES : 1, pass.room);
    if (!end) return notOk(this.refuse('busy', SOON_MS));
    const unused = weights.take(who, request.weight);
    if (unused.ok) return ok({ question, request, who, pass, end, unused: unused.value });
    end();
    return notOk(this.refuse('over-own-share', unused.problem));
  }

  private refuse(why: WhyUnasked, retryInMs: Millis): RestAnswer {
    this.parts.count(why);
    return refusal(why, retryInMs);
  }

  private async fetch({ question, request, who, pass, end, unused }: Leave): Promise<RestAnswer> {
    const signal = this.deadline();
    const asked = await pass.ask(request, signal.value, () => this.firewall.waitMs(who));
    signal.cancel();
    end();
    if (asked.ok) return this.told(question, who, asked.value);
    // What a host that does not answer has counted for it is in the budget of all; who waits for it in vain does not pay twice.
    unused();
    const answer = this.refuse(ENDINGS[asked.problem.is], asked.problem.retryInMs);
    if (this.firewall.waitMs(who) > 0) this.saidToHeld.add(answer);
    return answer;
  }

  /** What Binance has answered somebody. */
  private told({ key, route }: RestQuestion, who: string, told: HttpAnswer): RestAnswer {
    const { kept, count } = this.parts;
    const answer = answerOf(told);
    count(answer.status === 200 ? 'passed' : 'refused');
    if (answer.status === 403) this.firewall.refused(who);
    else this.firewall.passed(who);
    if (answer.status === 200) kept.keep(key, answer, route.keepMs);
    else if (answer.status === 403) kept.keep(key, answer, FORBIDDEN_MS);
    else if (answer.status === 400) kept.keep(key, answer, Math.min(REFUSED_MS, route.keepMs));
    return answer;
  }

  private unknownVenue({ path, route }: RestQuestion): RestAnswer {
    if (route.venue !== 'spot') {
      this.parts.count('not-found');
      return nowhere('get', path);
    }
    this.parts.count('unreachable');
    return NO_SPOT;
  }

  private deadline(): { value: AbortSignal; cancel: () => void } {
    const ending = new AbortController();
    const end = (): void => ending.abort();
    const cancelTimer = this.parts.clock.after(ANSWER_MS, end);
    this.ending.signal.addEventListener('abort', end, { once: true });
    if (this.ending.signal.aborted) end();
    const cancel = (): void => {
      cancelTimer();
      this.ending.signal.removeEventListener('abort', end);
    };
    return { value: ending.signal, cancel };
  }
}

const answerTo = (begun: Begun): Promise<RestAnswer> => (begun.ok ? begun.value : Promise.resolve(begun.problem));

const requestOf = ({ path, route, parameters, timeUnit }: RestQuestion): PassRequest => ({
  path,
  query: Object.fromEntries(parameters),
  weight: route.weight(parameters),
  timeUnit,
  isLarge: route.isLarge === true && !symbolsNamed(parameters),
});

const ENDINGS = {
  over: 'over-share',
  busy: 'busy',
  held: 'held',
  unreachable: 'unreachable',
} as const satisfies Record<PassFailure['is'], WhyUnasked>;

function answerOf({ status, headers, text }: HttpAnswer): RestAnswer {
  const passedOn = PASSED_ON.flatMap((name): [string, string][] => {
    const value = headers[name];
    return value === undefined ? [] : [[name, value]];
  });
  return { status, headers: Object.fromEntries(passedOn), body: Buffer.from(text) };
}
