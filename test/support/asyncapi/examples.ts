import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { rootOf } from '#libs/release';
import type { JsonSchema } from './event-schemas.js';

const STREAM = 'btcusdt@trade';
const PLACE = { epoch: 7, seq: 120 };
const AT = 1_790_134_675_605;
const EDGE = 'edge-1';
const REPLY_TO = `holdfast:reply:${EDGE}`;

const FEED = { type: 'feed', stream: STREAM, ...PLACE, state: 'live', since: AT, cause: 'resumed', by: 'upstream' };
const TRADE = {
  type: 'trade',
  stream: STREAM,
  epoch: 7,
  seq: 121,
  symbol: 'BTCUSDT',
  id: 4213,
  price: '61830.51000000',
  quantity: '0.01200000',
  taker: 'buy',
  tradedAt: AT,
  eventAt: AT,
  bestMatch: true,
  receivedAt: AT + 4,
};

const TRADE_PLACE = { epoch: TRADE.epoch, seq: TRADE.seq };

const ask = (question: JsonSchema): JsonSchema => ({ id: 1, to: REPLY_TO, ask: question });
const answer = (what: JsonSchema): JsonSchema => ({ id: 1, answer: what });

/** One of each message that is no event and no frame, by its name in the contract. */
const OURS: Record<string, JsonSchema> = {
  commandSubscribe: {
    event: 'subscribe',
    id: 1,
    data: { streams: [STREAM], delivery: 'all', since: { [STREAM]: PLACE } },
  },
  commandUnsubscribe: { event: 'unsubscribe', id: 2, data: { streams: [STREAM] } },
  commandList: { event: 'list', id: 3 },
  commandPing: { event: 'ping', id: 4 },
  replyLimits: {
    event: 'limits',
    data: { commandsPerSecond: 50, streams: 1_024, messageBytes: 65_536, namesPerCommand: 4_096, lastEvents: 100 },
  },
  replySubscribed: { event: 'subscribed', id: 1, data: { streams: { [STREAM]: PLACE }, resumed: { [STREAM]: true } } },
  replyUnsubscribed: { event: 'unsubscribed', id: 2, data: { streams: [STREAM] } },
  replyList: {
    event: 'list',
    id: 3,
    data: { streams: [STREAM], contracts: { [STREAM]: { delivery: 'rate', perSecond: 5 } } },
  },
  replyPong: { event: 'pong', id: 4, data: { at: AT } },
  replyReconnect: { event: 'reconnect', data: { withinMs: 5_000 } },
  replyError: {
    event: 'error',
    id: 1,
    data: {
      code: 'bad-stream',
      message: 'btcusdt@trad is no stream; did you mean btcusdt@trade?',
      streams: { 'btcusdt@trad': 'did you mean btcusdt@trade?' },
    },
  },
  requestSubscribe: { method: 'SUBSCRIBE', params: [STREAM, 'btcusdt@depth@100ms'], id: 1 },
  requestListSubscriptions: { method: 'LIST_SUBSCRIPTIONS', id: 2 },
  requestSetProperty: { method: 'SET_PROPERTY', params: ['combined', true], id: 3 },
  requestGetProperty: { method: 'GET_PROPERTY', params: ['combined'], id: 4 },
  answerAcknowledgement: { result: null, id: 1 },
  answerRefusal: { error: { code: 2, msg: 'Invalid request: invalid stream' }, id: 1 },
  answerServerShutdown: { e: 'serverShutdown', E: AT },
  busDemand: { edge: EDGE, streams: [STREAM], epoch: 7 },
  busDemandCall: { reached: true },
  busReached: {
    edge: EDGE,
    beat: { epoch: 7, at: AT },
    marks: [{ place: TRADE_PLACE, event: JSON.stringify(TRADE) }],
    part: [0, 1],
  },
  busWelcomeQuestion: ask({ streams: [STREAM] }),
  busWelcomeAnswer: answer({ welcomes: [{ stream: STREAM, place: PLACE, feed: JSON.stringify(FEED), latest: [] }] }),
  busMissedQuestion: ask({ stream: STREAM, epoch: 7, after: 120, to: 121 }),
  busMissedAnswer: answer({ texts: [JSON.stringify(TRADE)] }),
  busSymbolsQuestion: ask({ mark: 'a1b2', missedMs: 1_500 }),
  busSymbolsAnswer: answer({ mark: 'c3d4', symbols: ['BTCUSDT', 'ETHUSDT'] }),
  busStandingQuestion: ask({ streams: [STREAM] }),
  busStandingAnswer: answer({ marks: [{ stream: STREAM, place: TRADE_PLACE, event: JSON.stringify(TRADE) }] }),
  busWithheldQuestion: ask({ stream: STREAM, from: 4_213, to: 4_215 }),
  busWithheldAnswer: answer({ events: [JSON.stringify(TRADE)], isAll: false }),
  busSuccessionQuestion: ask({ term: 7, mostUnsure: 0 }),
  busSuccessionAnswer: answer({ owner: 'qkzrvn' }),
  busLeft: { term: 7, next: 'qkzrvn' },
  busHeartbeat: { epoch: 7, at: AT, places: { [STREAM]: 121 } },
  busPresent: {
    id: 'p1',
    role: 'edge',
    host: 'node-a',
    version: '0.1.0',
    startedAt: AT,
    lead: null,
    health: 'well',
    sinceAt: AT,
    reasons: [],
    says: 'In the last hour: no drop, 0 ids lost, 0 filled.',
    streams: 30,
    live: 30,
    clients: 12,
  },
  eventFeed: FEED,
  eventBook: {
    type: 'book',
    stream: 'btcusdt@depth@100ms',
    ...PLACE,
    symbol: 'BTCUSDT',
    receivedAt: AT,
    lastUpdateId: 160,
    bids: [['61830.50000000', '0.31000000']],
    asks: [['61830.51000000', '1.20000000']],
    bidsTo: '61830.50000000',
    asksTo: '61830.51000000',
  },
  eventUnknown: { type: 'unknown', stream: 'btcusdt@newThing', ...PLACE, receivedAt: AT, raw: { e: 'newThing', n: 1 } },
};

/** A captured frame and its event, as `libs/binance` is held to them. */
interface Fixture {
  frame: { stream: string; data: JsonSchema };
  event: JsonSchema;
}

function fixtureOf(type: string): Fixture {
  const file = join(rootOf(), 'libs/binance/src/fixtures', `${type}.json`);
  return JSON.parse(readFileSync(file, 'utf8')) as Fixture;
}

/** An example of a message; of events and frames the captured one, at a place where it could stand. */
export function exampleOf(prefix: string, key: string, name: string): unknown {
  const own = OURS[name];
  if (own) return own;
  if (prefix === 'combined') return fixtureOf('trade').frame;
  if (prefix === 'frame') return fixtureOf(key).frame.data;
  if (prefix === 'event') return { ...fixtureOf(key).event, ...PLACE };
  throw new Error(`the contract has no example of ${name}: write one in examples.ts`);
}
