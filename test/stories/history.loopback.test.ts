import { Buffer } from 'node:buffer';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { BareClient } from '../support/bare-client.js';
import { parsedStream } from '../support/parsed-stream.js';
import { until } from '../support/until.js';
import { combined, normalizeFrame, spot } from '#libs/binance';
import { Book, type MarketEvent, type StreamName } from '#libs/core';
import { Simulator } from '#libs/simulator';

/** Whatever REST gives of missed events must be, on the wire, what the stream would have said: all but the time of the message. */

const STREAMS = ['btcusdt@trade', 'btcusdt@aggTrade', 'btcusdt@kline_1s', 'btcusdt@kline_1s@+08:00'] as const;

const PATIENT = { deadlineMs: 20_000 };
/** By this clock no candle is old enough to be final: only its trade ids can prove it. */
const LONG_AGO = 1;

let simulator: Simulator;
let client: BareClient;

/** All cases read what one client has heard since the start. */
beforeAll(async () => {
  simulator = await Simulator.start({ pace: 5 });
  client = new BareClient(`${simulator.wsUrl}/stream`);
  const params = [...STREAMS, 'btcusdt@depth@100ms', 'btcusdt@depth20@100ms'];
  client.socket.on('open', () => client.send({ method: 'SUBSCRIBE', params, id: 1 }));
});

afterAll(async () => {
  client.end();
  await simulator.stop();
});

async function ask(path: string, query: Record<string, string | number>): Promise<unknown> {
  const asked = new URLSearchParams();
  for (const [key, value] of Object.entries(query)) asked.set(key, `${value}`);
  return (await fetch(`${simulator.restUrl}${path}?${asked.toString()}`)).json();
}

function eventsOf(name: StreamName): MarketEvent[] {
  return client.payloads(name).flatMap((payload) => {
    const frame = spot.decode(Buffer.from(combined(name, payload)));
    if (!frame.ok || frame.value.kind !== 'market') throw new Error(combined(name, payload));
    return normalizeFrame(frame.value, 1);
  });
}

/** The payload without the time of the message, which no row has. */
function withoutTime(event: MarketEvent): unknown {
  const { E: _, ...payload } = spot.rebuild(event) as { E: number };
  return payload;
}

describe.each(STREAMS)('what was missed of %s', (name) => {
  it('is had from REST as the stream had it', async () => {
    const stream = parsedStream(name);
    const { history } = stream.known;
    const isKline = stream.type === 'kline';
    const kept = (): MarketEvent[] => eventsOf(name).filter((event) => event.type !== 'kline' || event.closed);
    await until(() => kept().length > (isKline ? 3 : 50), PATIENT);
    const seen = kept();
    const [before, next] = [seen[0]!, eventsOf(name).at(-1)!];
    const missed = seen.slice(1, isKline && next.type === 'kline' && !next.closed ? undefined : -1);
    for (const source of history!.sources) {
      let filled: unknown[] = [];
      await until(async () => {
        const rows = await ask(source.path, source.query(stream, history!.at(before) + 1));
        const read = source.read(rows, { stream: name, receivedAt: LONG_AGO }, stream);
        if (!read.ok) throw new Error(read.problem);
        const { events, isWhole } = history!.between(read.value, before, next);
        filled = events.map(withoutTime);
        return isWhole;
      }, PATIENT);
      expect(filled).toEqual(missed.map(withoutTime));
    }
  });
});

it('a book from REST and the diffs behind it are the exchange’s best levels, at every id that it tells', async () => {
  const stream = parsedStream('btcusdt@depth@100ms');
  const rules = stream.known.book!;
  const { snapshot } = rules;
  await until(() => eventsOf('btcusdt@depth@100ms').length > 2);
  const levels = snapshot.stages[0]!.levels;
  const answer = await ask(snapshot.path, snapshot.query(stream, levels));
  const read = snapshot.read(answer, { stream: stream.name, receivedAt: 1 }, stream, levels);
  if (!read.ok) throw new Error(read.problem);
  const since = eventsOf('btcusdt@depth@100ms').length;
  await until(() => eventsOf('btcusdt@depth@100ms').length > since + 20, PATIENT);
  const book = new Book();
  book.take(read.value);
  const told = new Map(
    client.payloads<{ lastUpdateId: number }>('btcusdt@depth20@100ms').map((top) => [top.lastUpdateId, top]),
  );
  let compared = 0;
  for (const diff of eventsOf('btcusdt@depth@100ms')) {
    if (diff.type !== 'depth' || diff.lastUpdateId <= book.id) continue;
    if (compared === 0) expect(rules.joins(diff, book.id)).toBe(true);
    book.apply(diff);
    const top = told.get(book.id);
    if (!top) continue;
    compared += 1;
    const { bids, asks } = book.levels(20);
    expect({ lastUpdateId: book.id, bids, asks }).toEqual(top);
  }
  expect(compared).toBeGreaterThan(5);
});
