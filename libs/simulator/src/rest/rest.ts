import type { Clock, Millis } from '#libs/core';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { SimMarket } from '../market/market.js';
import type { SimRefusal } from '../server/gate.js';
import type { Limits } from '../server/rules/limits.js';
import { Records, type Rule } from '../server/rules/records.js';
import { refusalBody } from '../server/refusal.js';
import { inMicros, inMillis } from '../wire/payload.js';
import { ENDPOINTS } from './endpoints.js';
import { Forgotten } from './forgotten.js';
import { RestGates } from './gates.js';
import { Query } from './query.js';
import type { Endpoint } from './source.js';
import { Weights } from './weight.js';

/** What REST answers from. */
export interface SimRestOptions {
  clock: Clock;
  market: SimMarket;
  limits: Limits;
  databaseLagMs: Millis;
  /** Endpoints that answer from something else than the market. */
  instead: Record<string, Endpoint>;
  violated: (rule: Rule, detail: string) => void;
}

/** One request that came. */
export interface SimRestRequest {
  at: Millis;
  /** What follows `/api/v3/`. */
  path: string;
  query: string;
  /** Who asked: the address it came from. */
  address: string;
  /** What the address has used in this minute, this request included; absent where an incident answered before that. */
  usedWeight?: number;
}

const PREFIX = '/api/v3/';

/** Binance's REST endpoints over the same market as the streams. */
export class SimRest {
  /** Refusals and delays that an incident ordered. */
  readonly gates: RestGates;
  /** Rows that an incident took away. */
  readonly forgotten = new Forgotten();
  /** Requests that came, those refused included. */
  readonly requests = new Records<SimRestRequest>();
  /** Rows younger than this are not in the database yet. */
  databaseLagMs: Millis;
  private readonly weights: Weights;

  constructor(private readonly options: SimRestOptions) {
    this.gates = new RestGates(options.clock);
    this.databaseLagMs = options.databaseLagMs;
    this.weights = new Weights(options.clock, options.limits, options.violated);
  }

  /** Request weight used in this minute, by the address that used most. */
  get usedWeight(): number {
    return this.weights.mostUsed;
  }

  /** Answers one request; incidents first, then weight, then the endpoint. A late answer says how things were when it was asked. */
  handle(request: IncomingMessage, response: ServerResponse): void {
    const asked = readRequest(request, this.options.clock.now());
    this.requests.add(asked);
    const step = this.gates.next(asked.path);
    if (step !== 'accept' && 'refuse' in step) return refuse(response, step.refuse);
    if (step !== 'accept' && !('slow' in step)) return void request.socket.resetAndDestroy();
    const answer = this.answer(request, response, asked);
    if (step === 'accept') return send(response, answer);
    if (step.slow !== 'never') this.options.clock.after(step.slow, () => send(response, answer));
  }

  private answer(request: IncomingMessage, response: ServerResponse, asked: SimRestRequest): SimRestAnswer {
    const { clock, market, instead } = this.options;
    const endpoint = own(instead, asked.path) ?? own(ENDPOINTS, asked.path);
    if (!endpoint) return { status: 404, body: refusalBody(404) };
    if (request.method !== 'GET') return { status: 405, body: { code: -1000, msg: 'Method not allowed' } };
    const query = new Query(new URLSearchParams(asked.query), market);
    const weight = typeof endpoint.weight === 'number' ? endpoint.weight : endpoint.weight(query);
    const meter = this.weights.of(asked.address);
    const over = meter.take(weight);
    asked.usedWeight = meter.usedInMinute;
    response.setHeader('X-MBX-USED-WEIGHT', meter.usedInMinute);
    response.setHeader('X-MBX-USED-WEIGHT-1M', meter.usedInMinute);
    if (over) {
      response.setHeader('Retry-After', over.retryAfter);
      return { status: over.status, body: { code: -1003, msg: over.msg } };
    }
    const now = clock.now();
    const time = String(request.headers['x-mbx-time-unit']).toUpperCase() === 'MICROSECOND' ? inMicros : inMillis;
    const { forgotten } = this;
    const body = endpoint.answer({ market, query, time, now, databaseUntil: now - this.databaseLagMs, forgotten });
    query.unread();
    return query.problem ? { status: 400, body: query.problem } : { status: 200, body };
  }
}

interface SimRestAnswer {
  status: number;
  body: unknown;
}

function readRequest({ url = '/', socket }: IncomingMessage, at: Millis): SimRestRequest {
  const [path = '', query = ''] = url.split('?', 2);
  const name = path.startsWith(PREFIX) ? path.slice(PREFIX.length) : '';
  return { at, path: name, query, address: socket.remoteAddress ?? '' };
}

const own = (endpoints: Record<string, Endpoint>, name: string): Endpoint | undefined =>
  Object.hasOwn(endpoints, name) ? endpoints[name] : undefined;

function refuse(response: ServerResponse, { status, retryAfter }: SimRefusal): void {
  if (retryAfter !== undefined) response.setHeader('Retry-After', retryAfter);
  send(response, { status, body: refusalBody(status) });
}

function send(response: ServerResponse, { status, body }: SimRestAnswer): void {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  const type = text.startsWith('{') || text.startsWith('[') ? 'application/json;charset=UTF-8' : 'text/html';
  response.writeHead(status, { 'Content-Type': type });
  response.end(text);
}
