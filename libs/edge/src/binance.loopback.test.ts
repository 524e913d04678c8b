import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { normalizeFrame, spot } from '#libs/binance';
import { HandUpstream } from '../../../test/support/hand-upstream.js';
import { busiest, linesOf } from '../../../test/support/recordings.js';
import { type TestEdge, startEdge } from '../../../test/support/start-edge.js';
import { until } from '../../../test/support/until.js';
import { WsClient } from '../../../test/support/ws-client.js';

const TRADE = 'btcusdt@trade';
const TOP = 'btcusdt@bookTicker';
const ARRAY = '!miniTicker@arr';

const tradeData = (id: number) =>
  `{"e":"trade","E":1700000000123,"s":"BTCUSDT","t":${id},"p":"0.10","q":"2.00","T":1700000000122,"m":true,"M":true}`;
const topData = (id: number) => `{"u":${id},"s":"BTCUSDT","b":"1.0","B":"2.0","a":"3.0","A":"4.0"}`;
const miniData = (symbol: string) =>
  `{"e":"24hrMiniTicker","E":1700000000123,"s":"${symbol}","c":"1","o":"1","h":"1","l":"1","v":"5","q":"6"}`;

describe("Binance's wire", () => {
  let edge: TestEdge;
  let upstream: HandUpstream;
  let watcher: WsClient;
  const clients: WsClient[] = [];
  const connect = async (path: string): Promise<WsClient> => {
    const client = await WsClient.open(`${edge.wsUrl}${path}`);
    clients.push(client);
    return client;
  };
  /** Publishes a frame as the upstream would: its events, in order. */
  const frame = (stream: string, data: string, only = (_part: number) => true): void => {
    const decoded = spot.decode(Buffer.from(`{"stream":"${stream}","data":${data}}`));
    if (!decoded.ok || (decoded.value.kind !== 'market' && decoded.value.kind !== 'unknown')) {
      throw new Error(`not a frame: ${JSON.stringify(decoded)}`);
    }
    for (const [part, event] of normalizeFrame(decoded.value, 1).entries()) {
      if (only(part)) upstream.publish(stream, event);
      else upstream.lose(stream, event);
    }
  };
  /** Resolves once the edge hears these streams. */
  const heard = (...streams: string[]): Promise<unknown> =>
    until(() => streams.every((stream) => upstream.demands.at(-1)?.streams.includes(stream)));

  beforeEach(async () => {
    edge = await startEdge();
    upstream = new HandUpstream(edge.bus).start();
    watcher = await connect('/ws');
  });
  afterEach(async () => {
    await Promise.all(clients.splice(0).map((client) => client.close()));
    upstream.stop();
    await edge.stop();
  });

  it('gives streams of the URL, raw under /ws and combined under /stream, byte for byte', async () => {
    const raw = await connect(`/ws/${TRADE}/${TOP}`);
    const combined = await connect(`/stream?streams=${TRADE}/${TOP}`);
    await heard(TRADE, TOP);
    frame(TRADE, tradeData(1));
    frame(TOP, topData(1));
    frame(TRADE, tradeData(2));
    await until(() => raw.texts.length === 3 && combined.texts.length === 3);
    expect(raw.texts).toEqual([tradeData(1), topData(1), tradeData(2)]);
    expect(combined.texts[0]).toBe(`{"stream":"${TRADE}","data":${tradeData(1)}}`);
    expect(combined.texts[1]).toBe(`{"stream":"${TOP}","data":${topData(1)}}`);
  });

  it('subscribes, lists and unsubscribes with ids of every form', async () => {
    expect(await watcher.ask({ method: 'SUBSCRIBE', params: [TRADE, TOP], id: 1 })).toEqual({ result: null, id: 1 });
    expect(await watcher.ask({ method: 'LIST_SUBSCRIPTIONS', id: 'abc' })).toEqual({ result: [TRADE, TOP], id: 'abc' });
    expect(await watcher.ask({ method: 'UNSUBSCRIBE', params: [TRADE], id: null })).toEqual({ result: null, id: null });
    watcher.send('{"method":"LIST_SUBSCRIPTIONS","id":9223372036854775807}');
    await until(() => watcher.texts.length === 1);
    expect(watcher.texts).toEqual([`{"result":["${TOP}"],"id":9223372036854775807}`]);
  });

  it('changes between raw and combined without missing a frame', async () => {
    await watcher.ask({ method: 'SUBSCRIBE', params: [TOP], id: 1 });
    expect(await watcher.ask({ method: 'GET_PROPERTY', params: ['combined'], id: 2 })).toEqual({
      result: false,
      id: 2,
    });
    await heard(TOP);
    let id = 0;
    for (let round = 0; round < 10; round += 1) {
      watcher.send({ method: 'SET_PROPERTY', params: ['combined', round % 2 === 0], id: 10 });
      for (let burst = 0; burst < 20; burst += 1) {
        frame(TOP, topData((id += 1)));
        if (burst % 2 === 0) await new Promise(setImmediate);
      }
    }
    const ids = (): number[] =>
      watcher.messages.filter((message) => !('result' in message)).map((message) => updateIdOf(message));
    await until(() => ids().length >= id);
    expect(ids()).toEqual(Array.from({ length: id }, (_, index) => index + 1));
    expect(watcher.messages.some((message) => 'stream' in message)).toBe(true);
  });

  it('sends a client that changes its form each frame once, in the form it has then', async () => {
    await watcher.ask({ method: 'SUBSCRIBE', params: [TOP], id: 1 });
    await heard(TOP);
    const other = await connect(`/ws/${TOP}`);
    await watcher.ask({ method: 'SET_PROPERTY', params: ['combined', true], id: 2 });
    frame(TOP, topData(1));
    await until(() => other.texts.length === 1);
    expect(await watcher.take(1)).toMatchObject([{ stream: TOP, data: { u: 1 } }]);
    await watcher.ask({ method: 'SET_PROPERTY', params: ['combined', true], id: 3 });
    frame(TOP, topData(2));
    await until(() => other.texts.length === 2);
    expect(await watcher.take(1)).toMatchObject([{ stream: TOP, data: { u: 2 } }]);
    await watcher.ask({ method: 'SET_PROPERTY', params: ['combined', false], id: 4 });
    frame(TOP, topData(3));
    await until(() => other.texts.length === 3);
    await until(() => watcher.texts.length > 0);
    expect(watcher.texts).toEqual([topData(3)]);
  });

  it('carries requests without an id out, and answers them with the id null', async () => {
    expect(await watcher.ask({ method: 'SUBSCRIBE', params: [TRADE, TOP] })).toEqual({ result: null, id: null });
    expect(await watcher.ask({ method: 'UNSUBSCRIBE', params: [TRADE] })).toEqual({ result: null, id: null });
    expect(await watcher.ask({ method: 'LIST_SUBSCRIPTIONS' })).toEqual({ result: [TOP], id: null });
  });

  it('takes the other names of a stream, lists it as the client called it, and lets go of it by that name', async () => {
    const [alias, name] = ['btcusdt@depth@1000ms', 'btcusdt@depth'];
    await watcher.ask({ method: 'SUBSCRIBE', params: [alias], id: 1 });
    expect(await watcher.ask({ method: 'LIST_SUBSCRIPTIONS', id: 2 })).toEqual({ result: [alias], id: 2 });
    await heard(name);
    expect(await watcher.ask({ method: 'UNSUBSCRIBE', params: [alias], id: 3 })).toEqual({ result: null, id: 3 });
    expect(await watcher.ask({ method: 'LIST_SUBSCRIPTIONS', id: 4 })).toEqual({ result: [], id: 4 });
    await watcher.ask({ method: 'SUBSCRIBE', params: [name], id: 5 });
    expect(await watcher.ask({ method: 'LIST_SUBSCRIPTIONS', id: 6 })).toEqual({ result: [name], id: 6 });
    await watcher.ask({ method: 'SUBSCRIBE', params: [alias], id: 7 });
    expect(await watcher.ask({ method: 'LIST_SUBSCRIPTIONS', id: 8 })).toEqual({ result: [name, alias], id: 8 });
    expect(await watcher.ask({ method: 'UNSUBSCRIBE', params: [alias], id: 9 })).toEqual({ result: null, id: 9 });
    expect(await watcher.ask({ method: 'LIST_SUBSCRIPTIONS', id: 10 })).toEqual({ result: [name], id: 10 });
  });

  it('names a stream in its envelope as each client called it, whatever form it takes meanwhile', async () => {
    const [alias, name] = ['btcusdt@depth5@1000ms', 'btcusdt@depth5'];
    const data = '{"lastUpdateId":1,"bids":[["1.0","2.0"]],"asks":[["3.0","4.0"]]}';
    const inEnvelope = (stream: string): string => `{"stream":"${stream}","data":${data}}`;
    const called = await connect(`/stream?streams=${alias}`);
    const plain = await connect(`/stream?streams=${name}`);
    await heard(name);
    frame(name, data);
    await until(() => called.texts.length === 1 && plain.texts.length === 1);
    expect([called.texts, plain.texts]).toEqual([[inEnvelope(alias)], [inEnvelope(name)]]);
    called.send({ method: 'SET_PROPERTY', params: ['combined', false], id: 1 });
    await until(() => called.texts.some((text) => text.includes('"id":1')));
    frame(name, data);
    await until(() => called.texts.at(-1) === data);
    called.send({ method: 'SET_PROPERTY', params: ['combined', true], id: 3 });
    await until(() => called.texts.some((text) => text.includes('"id":3')));
    frame(name, data);
    await until(() => called.texts.at(-1) === inEnvelope(alias) && plain.texts.length === 3);
    expect(plain.texts.at(-1)).toBe(inEnvelope(name));
  });

  it('gives a stream under each of the names by which a client has it, as long as it has it by that', async () => {
    const [alias, name] = ['btcusdt@depth5@1000ms', 'btcusdt@depth5'];
    const data = '{"lastUpdateId":1,"bids":[["1.0","2.0"]],"asks":[["3.0","4.0"]]}';
    const inEnvelope = (stream: string): string => `{"stream":"${stream}","data":${data}}`;
    const client = await connect(`/stream?streams=${alias}/${name}`);
    const raw = await connect(`/ws/${name}/${alias}`);
    await heard(name);
    frame(name, data);
    await until(() => client.texts.length === 2 && raw.texts.length === 2);
    expect(client.texts.splice(0).sort()).toEqual([inEnvelope(name), inEnvelope(alias)]);
    expect(raw.texts.splice(0)).toEqual([data, data]);
    for (const one of [client, raw]) await one.ask({ method: 'UNSUBSCRIBE', params: [name], id: 1 });
    frame(name, data);
    await until(() => client.texts.length === 1 && raw.texts.length === 1);
    expect([client.texts, raw.texts]).toEqual([[inEnvelope(alias)], [data]]);
  });

  it('keeps the other name that one client used from everybody else', async () => {
    const [alias, name] = ['btcusdt@depth@1000ms', 'btcusdt@depth'];
    const other = await connect(`/ws/${alias}/${name}`);
    expect(await other.ask({ method: 'LIST_SUBSCRIPTIONS', id: 1 })).toEqual({ result: [alias, name], id: 1 });
    for (const id of [2, 3]) await watcher.ask({ method: 'SUBSCRIBE', params: [name], id });
    expect(await watcher.ask({ method: 'LIST_SUBSCRIPTIONS', id: 4 })).toEqual({ result: [name], id: 4 });
    const native = await connect('/v1');
    const command = { event: 'subscribe', data: { streams: [name] } };
    for (const id of [1, 2]) native.send({ ...command, id });
    await until(() => native.messages.filter(({ event }) => event === 'subscribed').length === 2);
    await other.ask({ method: 'UNSUBSCRIBE', params: [alias], id: 5 });
    expect(await other.ask({ method: 'LIST_SUBSCRIPTIONS', id: 6 })).toEqual({ result: [name], id: 6 });
  });

  it('keeps a client whose requests are refused again and again, and its data flows on', async () => {
    await watcher.ask({ method: 'SUBSCRIBE', params: [TOP], id: 1 });
    await heard(TOP);
    for (let id = 1; id <= 30; id += 1) watcher.send({ method: 'SUBSCRIBE', params: [''], id });
    await watcher.take(30);
    frame(TOP, topData(1));
    await until(() => watcher.texts.length === 1);
    expect(watcher.texts).toEqual([topData(1)]);
    expect(watcher.closed).toBeUndefined();
  });

  it('closes a client that asks too fast with 1008 Too many requests, after all that it may ask', async () => {
    for (let id = 1; id <= 120; id += 1) watcher.send({ method: 'LIST_SUBSCRIPTIONS', id });
    await until(() => watcher.closed);
    expect(watcher.closed).toEqual({ code: 1008, reason: 'Too many requests' });
  });

  it('makes no frame of what is none on a stream’s channel, and goes on with what is', async () => {
    const client = await connect(`/ws/${TOP}`);
    await heard(TOP);
    const write = (seq: number, rest: string): void =>
      edge.bus.messages.publish(
        spot.channels.stream(TOP),
        `{"type":"bookTicker","stream":"${TOP}","epoch":7,"seq":${seq}${rest}`,
      );
    write(1, '}');
    write(2, ',"updateId":"x","symbol":7}');
    write(3, ',"symbol":"BTCUSDT');
    write(3, ',}');
    write(4, ',"symbol":"BTCUSDT","updateId":5,"bid":"1","bidQuantity":"2","ask":"3","askQuantity":"4"}');
    await until(() => client.texts.length === 1);
    expect(client.texts).toEqual(['{"u":5,"s":"BTCUSDT","b":"1","B":"2","a":"3","A":"4"}']);
    const metrics = await (await fetch(`${edge.opsUrl}/metrics`)).text();
    expect(metrics).toContain('holdfast_edge_unreadable_total 4');
  });

  it.each([
    [{ method: 'DANCE', params: [], id: 1 }, 1, 2, /unknown variant/],
    [{ params: [TRADE], id: 1 }, 1, 2, /missing field/],
    [{ method: 'SUBSCRIBE', params: 'x', id: 1 }, 1, 2, /streams must be an array/],
    [{ method: 'SUBSCRIBE', params: ['btcusdt@trade', 'a b'], id: 1 }, 1, 2, /invalid stream/],
    [{ method: 'SUBSCRIBE', params: ['x'.repeat(129)], id: 1 }, 1, 2, /invalid stream/],
    [{ method: 'SET_PROPERTY', params: ['colour', true], id: 1 }, 1, 0, /Unknown property/],
    [{ method: 'SET_PROPERTY', params: ['combined', 'yes'], id: 1 }, 1, 1, /Invalid value type: expected Boolean/],
    [{ method: 'SUBSCRIBE', params: [TRADE], id: 1.5 }, undefined, 2, /request ID/],
  ])('refuses %j with the code Binance uses', async (request, id, code, msg) => {
    expect(await watcher.ask(request)).toEqual({
      error: { code, msg: expect.stringMatching(msg) },
      ...(id !== undefined && { id }),
    });
    expect(await watcher.ask({ method: 'LIST_SUBSCRIPTIONS', id: 2 })).toEqual({ result: [], id: 2 });
  });

  it.each(['hello', '[]', '3'])('closes with 1008 Invalid request when it is sent %s', async (text) => {
    watcher.send(text);
    await until(() => watcher.closed);
    expect(watcher.closed).toEqual({ code: 1008, reason: 'Invalid request' });
    expect(watcher.texts).toEqual([]);
  });

  it('refuses a path it does not know, and a URL that it cannot read', async () => {
    expect(await WsClient.refused(`${edge.wsUrl}/nowhere`)).toEqual({
      status: 404,
      body: expect.stringMatching('^Invalid request path: expected /v1, /ws/'),
    });
    for (const path of ['/ws/%zz', `/ws/${'x'.repeat(129)}`, `/stream?streams=${TRADE}&timeUnit=HOUR`]) {
      expect(await WsClient.refused(edge.wsUrl + path)).toMatchObject({ status: 400 });
    }
  });

  it.each(['/ws/0', '/ws/x', '/stream?streams=0', '/ws/!ticker@arr', '/ws/BTCUSDT@trade'])(
    'lets a client in at %s, which then subscribes to what there is',
    async (path) => {
      const client = await connect(path);
      expect(await client.ask({ method: 'SUBSCRIBE', params: [TRADE], id: 1 })).toEqual({ result: null, id: 1 });
      await heard(TRADE);
      frame(TRADE, tradeData(1));
      expect(JSON.stringify(await client.take(1))).toContain('"t":1');
    },
  );

  it('has names of nothing like any other: listed where they were asked for, counted, let go of, never wanted', async () => {
    const silent = ['btcusdt@trad', '!ticker@arr', 'BTCUSDT@trade', 'btcusdt@depth30', 'x'.repeat(128)];
    const client = await connect('/ws/0');
    const params = [silent[0], TRADE, ...silent.slice(1)];
    expect(await client.ask({ method: 'SUBSCRIBE', params, id: 1 })).toEqual({ result: null, id: 1 });
    expect(await client.ask({ method: 'LIST_SUBSCRIPTIONS', id: 2 })).toEqual({ result: ['0', ...params], id: 2 });
    const gone = ['!ticker@arr', '0'];
    expect(await client.ask({ method: 'UNSUBSCRIBE', params: gone, id: 3 })).toEqual({ result: null, id: 3 });
    const left = params.filter((name) => name !== '!ticker@arr');
    expect(await client.ask({ method: 'LIST_SUBSCRIPTIONS', id: 4 })).toEqual({ result: left, id: 4 });
    await heard(TRADE);
    expect(new Set(upstream.demands.flatMap(({ streams }) => streams))).toEqual(new Set([TRADE]));
    const metrics = await (await fetch(`${edge.opsUrl}/metrics`)).text();
    expect(metrics).toContain('holdfast_edge_silent_names_total 6\n');
    const most = Array.from({ length: 1_024 }, (_, at) => `n${at}`);
    const tooMany = { error: { code: 4, msg: 'Too many subscriptions' }, id: 5 };
    expect(await client.ask({ method: 'SUBSCRIBE', params: most, id: 5 })).toEqual(tooMany);
    expect(await client.ask({ method: 'SUBSCRIBE', params: most.slice(5), id: 6 })).toEqual({ result: null, id: 6 });
  });

  it('understands URL-encoded names, and symbols of any script', async () => {
    const names = ['币安人生usdt@trade', 'btcusdt@kline_1d@+08:00'];
    const client = await connect(`/stream?streams=${names.map(encodeURIComponent).join('/')}`);
    expect(await client.ask({ method: 'LIST_SUBSCRIPTIONS', id: 1 })).toEqual({ result: names, id: 1 });
    const plain = await connect('/ws/btcusdt@kline_1d@+08:00');
    expect(await plain.ask({ method: 'LIST_SUBSCRIPTIONS', id: 1 })).toEqual({ result: [names[1]], id: 1 });
  });

  it('takes a URL as long as Binance does: a thousand streams', async () => {
    const names = Array.from({ length: 1_000 }, (_, index) => `s${index}usdt@trade`);
    const client = await connect(`/stream?streams=${names.join('/')}`);
    expect(await client.ask({ method: 'LIST_SUBSCRIPTIONS', id: 1 })).toEqual({ result: names, id: 1 });
  });

  it('passes on what Binance sends and nobody has a word for', async () => {
    const client = await connect(`/ws/${TRADE}`);
    await heard(TRADE);
    const novelty = '{"e":"tradeOfTomorrow","x":[1,{"y":null}]}';
    upstream.publish(TRADE, { type: 'unknown', raw: JSON.parse(novelty) as unknown });
    await until(() => client.texts.length === 1);
    expect(client.texts).toEqual([novelty]);
  });

  it('gives an array as it came, and drops one of which a part was lost', async () => {
    const client = await connect(`/ws/${ARRAY}`);
    await heard(ARRAY);
    const array = `[${miniData('BTCUSDT')},${miniData('币安人生USDT')},${miniData('ETHUSDT')}]`;
    frame(ARRAY, array);
    frame(ARRAY, array, (part) => part !== 1);
    frame(ARRAY, array, (part) => part !== 2);
    frame(ARRAY, array);
    await until(() => client.texts.length === 2);
    expect(client.texts).toEqual([array, array]);
    const metrics = await (await fetch(`${edge.opsUrl}/metrics`)).text();
    expect(metrics).toContain('holdfast_edge_broken_arrays_total 2');
  });

  it('gives times in microseconds to who asks for them, and in milliseconds to the others', async () => {
    const micros = await connect(`/ws/${TRADE}?timeUnit=MICROSECOND`);
    const millis = await connect(`/ws/${TRADE}`);
    await heard(TRADE);
    frame(TRADE, tradeData(1));
    frame(TRADE, tradeData(2).replaceAll('1700000000122', '1700000000122456').replace('00123,', '00123789,'));
    await until(() => micros.texts.length === 2 && millis.texts.length === 2);
    expect(micros.messages).toMatchObject([
      { E: 1_700_000_000_123_000, T: 1_700_000_000_122_000 },
      { E: 1_700_000_000_123_789, T: 1_700_000_000_122_456 },
    ]);
    expect(millis.texts).toEqual([tradeData(1), tradeData(2)]);
  });

  it('tells Binance clients nothing about feed states and closes none of them', async () => {
    const client = await connect(`/ws/${TRADE}`);
    await heard(TRADE);
    upstream.feed(TRADE, 'recovering', 'connection-lost');
    frame(TRADE, tradeData(1));
    await until(() => client.texts.length === 1);
    expect(client.texts).toEqual([tradeData(1)]);
    expect(client.closed).toBeUndefined();
  });

  it('gives newcomers live frames only', async () => {
    const first = await connect(`/ws/${TOP}`);
    await heard(TOP);
    frame(TOP, topData(1));
    await until(() => first.texts.length === 1);
    const second = await connect(`/ws/${TOP}`);
    expect(await second.ask({ method: 'LIST_SUBSCRIPTIONS', id: 1 })).toEqual({ result: [TOP], id: 1 });
    frame(TOP, topData(2));
    await until(() => second.texts.length === 1);
    expect(second.texts).toEqual([topData(2)]);
  });

  it('gives every recorded frame back byte for byte', async () => {
    const lines = linesOf(busiest());
    const client = await connect(`/stream?streams=${TRADE}/${TOP}/btcusdt@depth@100ms`);
    await heard(TRADE, TOP, 'btcusdt@depth@100ms');
    for (const [index, line] of lines.entries()) {
      const { stream } = JSON.parse(line) as { stream: string };
      frame(stream, line.slice(line.indexOf('"data":') + '"data":'.length, -1));
      if (index % 50 === 0) await new Promise(setImmediate);
    }
    await until(() => client.texts.length === lines.length, { deadlineMs: 20_000 });
    expect(client.texts).toEqual(lines);
  });
});

function updateIdOf(message: Record<string, unknown>): number {
  const payload = (message['data'] ?? message) as { u: number };
  return payload.u;
}
