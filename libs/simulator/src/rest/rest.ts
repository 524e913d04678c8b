import type { Clock, Millis } from '#libs/core';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { SimMarket } from '../market/market.js';
import { Gate, type SimRefusal } from '../server/gate.js';
import type { Limits } from '../server/rules/limits.js';
import type { Rule } from '../server/rules/records.js';
import { refusalBody } from '../server/refusal.js';
import { inMicros, inMillis } from '../wire/payload.js';
import { ENDPOINTS } from './endpoints.js';
import { Query } from './query.js';
import { WeightMeter } from './weight.js';

/** What REST answers from. */
export interface SimRestOptions {
  clock: Clock;
  market: SimMarket;
  limits: Limits;
  databaseLagMs: Millis;
  violated: (rule: Rule, detail: string) => void;
}

const PREFIX = '/api/v3/';

/** Binance's REST endpoints over the same market as the streams. */
export class SimRest {
  /** Refusals and delays that an incident ordered. */
  readonly gate: Gate;
  /** Requests that came, those refused included. */
  requests = 0;
  /** Rows younger than this are not in the database yet. */
  databaseLagMs: Millis;
  private readonly weights: WeightMeter;

  constructor(private readonly options: SimRestOptions) {
    this.gate = new Gate(options.clock);
    this.databaseLagMs = options.databaseLagMs;
    this.weights = new WeightMeter(options.clock, options.limits, options.violated);
  }

  /** Request weight used in this minute. */
  get usedWeight(): number {
    return this.weights.usedInMinute;
  }

  /** Answers one request; incidents first, then weight, then the endpoint. */
  handle(request: IncomingMessage, response: ServerResponse): void {
    this.requests += 1;
    const step = this.gate.next();
    if (step === 'accept') return this.answer(request, response);
    if ('refuse' in step) return refuse(response, step.refuse);
    if ('slow' in step) {
      if (step.slow !== 'never') this.options.clock.after(step.slow, () => this.answer(request, response));
      return;
    }
    response.destroy();
  }

  private answer(request: IncomingMessage, response: ServerResponse): void {
    const [path = '', values] = (request.url ?? '/').split('?', 2);
    const name = path.startsWith(PREFIX) ? path.slice(PREFIX.length) : '';
    const endpoint = Object.hasOwn(ENDPOINTS, name) ? ENDPOINTS[name] : undefined;
    if (!endpoint) return send(response, 404, refusalBody(404));
    if (request.method !== 'GET') return send(response, 405, { code: -1000, msg: 'Method not allowed' });
    const query = new Query(new URLSearchParams(values), this.options.market);
    const over = this.weights.take(typeof endpoint.weight === 'number' ? endpoint.weight : endpoint.weight(query));
    response.setHeader('X-MBX-USED-WEIGHT', this.weights.usedInMinute);
    response.setHeader('X-MBX-USED-WEIGHT-1M', this.weights.usedInMinute);
    if (over) {
      response.setHeader('Retry-After', over.retryAfter);
      return send(response, over.status, { code: -1003, msg: over.msg });
    }
    const now = this.options.clock.now();
    const time = String(request.headers['x-mbx-time-unit']).toUpperCase() === 'MICROSECOND' ? inMicros : inMillis;
    const { market } = this.options;
    const body = endpoint.answer({ market, query, time, now, databaseUntil: now - this.databaseLagMs });
    send(response, query.problem ? 400 : 200, query.problem ?? body);
  }
}

function refuse(response: ServerResponse, { status, retryAfter }: SimRefusal): void {
  if (retryAfter !== undefined) response.setHeader('Retry-After', retryAfter);
  send(response, status, refusalBody(status));
}

function send(response: ServerResponse, status: number, body: unknown): void {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  const type = text.startsWith('{') || text.startsWith('[') ? 'application/json;charset=UTF-8' : 'text/html';
  response.writeHead(status, { 'Content-Type': type });
  response.end(text);
}
