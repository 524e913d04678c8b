import type { Clock, Millis } from '#libs/core';
import type { HttpAnswer, Pass, PassFailure } from '#libs/rest';
import { BUSY, type RestAnswer, type RestComplaint, complain, withUsedWeight } from './answer.js';
import type { KeptAnswers } from './kept-answers.js';
import { type RestQuestion, nowhere } from './question.js';
import type { RestEnding } from './rest-metrics.js';
import type { Venue } from './routes.js';

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

/** Whatever hosts are tried, by then a client is answered. */
const ANSWER_MS: Millis = 9_000;

/** What is wrong with a question is not asked about again so soon. */
const REFUSED_MS: Millis = 1_000;

/** Of Binance's headers those that a client goes by. */
const PASSED_ON = ['content-type', 'retry-after', 'x-mbx-used-weight', 'x-mbx-used-weight-1m'];

/**
 * Passes questions on to Binance, equal ones once: who asks what is under way waits for its answer, and what was answered a moment ago
 * is answered so again.
 */
export class Passes {
  private readonly flights = new Map<string, Flight>();
  private readonly ending = new AbortController();

  constructor(private readonly parts: PassesParts) {}

  /** The answer to a question, Binance's or why there is none; never rejects. */
  ask(question: RestQuestion): Promise<RestAnswer> {
    const { kept, count } = this.parts;
    const known = kept.find(question.key);
    if (known) {
      count('cached');
      return Promise.resolve(withUsedWeight(known, this.usedWeight(question.route.venue)));
    }
    const flight = this.flights.get(question.key);
    if (!flight) return this.begin(question);
    count('joined');
    if (question.route.keepMs > 0) return flight.answer;
    return (flight.next ??= flight.answer.then(() => this.begin(question)));
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

  private begin(question: RestQuestion): Promise<RestAnswer> {
    const { key } = question;
    const flight: Flight = { answer: this.fetch(question) };
    this.flights.set(key, flight);
    void flight.answer.then(() => {
      if (this.flights.get(key) === flight) this.flights.delete(key);
    });
    return flight.answer;
  }

  private async fetch(question: RestQuestion): Promise<RestAnswer> {
    const { venues, kept, count } = this.parts;
    const { path, route, parameters, timeUnit, key } = question;
    const pass = venues.get(route.venue);
    if (!pass) return this.unknownVenue(question);
    const signal = this.deadline();
    const request = { path, query: Object.fromEntries(parameters), weight: route.weight(parameters), timeUnit };
    const asked = await pass.ask(request, signal.value).finally(signal.cancel);
    if (!asked.ok) {
      count(ENDINGS[asked.problem.is]);
      return whyNot(asked.problem);
    }
    const answer = answerOf(asked.value);
    count(answer.status === 200 ? 'passed' : 'refused');
    if (answer.status === 200) kept.keep(key, answer, route.keepMs);
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

const ENDINGS: Record<PassFailure['is'], RestEnding> = { over: 'over-share', busy: 'busy', unreachable: 'unreachable' };

function answerOf({ status, headers, text }: HttpAnswer): RestAnswer {
  const passedOn = PASSED_ON.flatMap((name): [string, string][] => {
    const value = headers[name];
    return value === undefined ? [] : [[name, value]];
  });
  return { status, headers: Object.fromEntries(passedOn), body: Buffer.from(text) };
}

/** In Binance's words, as far as it has some. */
const whyNot = ({ is, retryInMs }: PassFailure): RestAnswer => complain({ ...COMPLAINTS[is], retryInMs });

const COMPLAINTS = {
  over: {
    status: 429,
    code: -1003,
    msg: 'Too much request weight used; the share of the gateway’s clients is used up. Please use WebSocket Streams for live updates to avoid polling the API.',
  },
  busy: BUSY,
  unreachable: { status: 503, code: -1001, msg: 'Internal error; unable to process your request. Please try again.' },
} as const satisfies Record<PassFailure['is'], RestComplaint>;

const NO_SPOT = complain({
  status: 503,
  code: -1000,
  msg: 'This gateway does not know the REST API of the exchange that it reads: HOLDFAST_UPSTREAM_REST_URL says where it is.',
});
