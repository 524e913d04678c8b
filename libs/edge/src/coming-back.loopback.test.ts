import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { spot } from '#libs/binance';
import type { Subscription } from '#libs/bus';
import { type MissedQuestion, readMissedQuestion } from '#libs/core';
import { HandUpstream } from '../../../test/support/hand-upstream.js';
import { metricValue } from '../../../test/support/metric-value.js';
import { NativeClients } from '../../../test/support/native-clients.js';
import { type TestEdge, startEdge } from '../../../test/support/start-edge.js';
import { until } from '../../../test/support/until.js';
import { wholeTrade } from '../../../test/support/whole-events.js';
import type { WsClient } from '../../../test/support/ws-client.js';

const TRADE = 'btcusdt@trade';
const OTHER = 'ethusdt@trade';
const PATIENT = { deadlineMs: 10_000 };

const upTo = (from: number, to: number): number[] => Array.from({ length: to - from + 1 }, (_, index) => from + index);
const idsOf = (client: WsClient): unknown[] => client.messages.flatMap(({ id, type }) => (type === 'trade' ? id : []));

interface ResumedReply {
  resumed: Record<string, boolean>;
  reasons?: Record<string, string>;
}

/** Whether the first stream that it has named is resumed, or why not; undefined before there is an answer. */
function answerTo(client: WsClient): unknown {
  const reply = client.messages.find(({ event }) => event === 'subscribed')?.['data'] as ResumedReply | undefined;
  const [stream = ''] = Object.keys(reply?.resumed ?? {});
  return reply?.resumed[stream] === true || reply?.reasons?.[stream];
}

describe('clients that come back together to an edge that keeps nothing yet', () => {
  let edge: TestEdge;
  let upstream: HandUpstream;
  let answers: Subscription;
  let asked: MissedQuestion[];
  /** From which place on somebody has what was published of the first stream. */
  let keptFrom: number;
  const texts = new Map<number, string>();
  const clients = new NativeClients(() => edge.wsUrl);
  beforeEach(async () => {
    [asked, keptFrom] = [[], Infinity];
    texts.clear();
    edge = await startEdge();
    upstream = new HandUpstream(edge.bus).start();
    answers = edge.bus.ask.answer(spot.channels.missed, (asking) => {
      const question = readMissedQuestion(asking);
      if (!question) return undefined;
      asked.push(question);
      const { stream, after, to } = question;
      const isKept = stream === TRADE && after >= keptFrom;
      return isKept ? { texts: upTo(after + 1, to).map((seq) => texts.get(seq)) } : undefined;
    });
    for (const seq of upTo(1, 100)) texts.set(seq, upstream.publish(TRADE, wholeTrade(seq)));
    for (const seq of upTo(1, 100)) upstream.publish(OTHER, wholeTrade(seq));
  });
  afterEach(async () => {
    clients.end();
    answers.end();
    upstream.stop();
    await edge.stop();
  });
  const say = (client: WsClient, seq: number, streams: readonly string[]): void => {
    const since = Object.fromEntries(streams.map((stream) => [stream, { epoch: 7, seq }]));
    client.send({ event: 'subscribe', id: 1, data: { streams, since } });
  };
  const back = async (seq: number, ...streams: string[]): Promise<WsClient> => {
    const client = await clients.connect();
    say(client, seq, streams);
    return client;
  };
  const askedAbout = (stream: string): MissedQuestion[] => asked.filter((question) => question.stream === stream);
  const metric = (name: string): Promise<number> => metricValue(edge.opsUrl, `holdfast_edge_${name}_total`);

  it('do not wait for one whose place nobody answers for, where their own can be had', async () => {
    keptFrom = 50;
    const old = await back(1, TRADE);
    await until(() => asked.length === 1);
    const young = [await back(60, TRADE), await back(80, TRADE), await back(50, TRADE)];
    await until(() => young.every((client) => idsOf(client).at(-1) === 100));
    expect([old.texts, young.map(answerTo)]).toEqual([[], [true, true, true]]);
    expect(young.map(idsOf)).toEqual([upTo(61, 100), upTo(81, 100), upTo(51, 100)]);
    // What is here by now is nobody's question.
    const later = await back(70, TRADE);
    await until(() => idsOf(later).at(-1) === 100);
    await until(() => answerTo(old));
    expect(answerTo(old)).toBe('out-of-history');
  });

  it('are told within one wait that nobody has it, who lack as much or more, and nobody is asked again for a while', async () => {
    const many = await Promise.all(upTo(2, 30).map(() => clients.connect()));
    const first = await back(1, TRADE);
    await until(() => asked.length === 1);
    for (const [index, client] of many.entries()) say(client, index + 2, [TRADE]);
    many.push(first);
    await until(() => many.every(answerTo));
    expect(new Set(many.map(answerTo))).toEqual(new Set(['out-of-history']));
    expect(new Set(asked.map(({ after }) => after))).toEqual(new Set([1, 30]));
    const before = asked.length;
    const late = [await back(30, TRADE), await back(12, TRADE)];
    await until(() => late.every(answerTo));
    expect([late.map(answerTo), asked.length]).toEqual([['out-of-history', 'out-of-history'], before]);
    expect([await metric('ranges_asked'), await metric('ranges_shared')]).toEqual([2, 29]);
  });

  it('cost nothing more once they have gone', async () => {
    const gone = [await back(1, TRADE), await back(2, TRADE)];
    await until(() => asked.length === 1);
    await until(async () => (await metric('ranges_shared')) === 1);
    for (const { socket } of gone) socket.terminate();
    const other = await back(1, OTHER);
    await until(() => answerTo(other), PATIENT);
    expect([answerTo(other), askedAbout(TRADE).length, askedAbout(OTHER).length]).toEqual(['out-of-history', 1, 2]);
  });

  it('have others asked about no more than sixteen streams at once, and keep nobody waiting who lacks one', async () => {
    keptFrom = 0;
    const names = Array.from({ length: 100 }, (_, index) => `s${index}usdt@trade`);
    for (const name of names) for (const seq of [1, 2, 3]) upstream.publish(name, wholeTrade(seq));
    await back(1, ...names);
    await until(() => asked.length > 0);
    const one = await back(10, TRADE);
    await until(() => idsOf(one).at(-1) === 100);
    expect(idsOf(one)).toEqual(upTo(11, 100));
    expect(new Set(asked.map(({ stream }) => stream)).size).toBe(17);
  });
});
