import { once } from 'node:events';
import { type Server, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Gateway, startStandalone } from '#libs/drill';
import { Simulator } from '#libs/simulator';
import { replyTo, symbolsKnown } from '../support/replies.js';
import { until } from '../support/until.js';
import { WsClient } from '../support/ws-client.js';

const TRADE = 'btcusdt@trade';
const NOWHERE = 'nosuchusdt@trade';
/** Its symbol is not listed at first. */
const LATER = 'ethusdt@trade';

/** The REST API of a simulator, but for exchangeInfo, which lists what the test says. */
class ListingRest {
  listed: string[] = ['BTCUSDT'];
  /** exchangeInfo is not answered before this. */
  answers: Promise<unknown> = Promise.resolve();
  isDown = false;
  /** How often it was asked which symbols there are. */
  questions = 0;
  private readonly server: Server;

  constructor(simulatorUrl: string) {
    this.server = createServer((request, response) => {
      const path = request.url ?? '/';
      const answer = path.includes('exchangeInfo')
        ? this.exchangeInfo()
        : fetch(simulatorUrl + path).then((got) => got.text());
      void answer.then((text) => {
        if (text === undefined) response.writeHead(503);
        response.end(text);
      });
    });
  }

  async start(): Promise<string> {
    await once(this.server.listen(0, '127.0.0.1'), 'listening');
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  stop(): void {
    this.server.closeAllConnections();
    this.server.close();
  }

  private async exchangeInfo(): Promise<string | undefined> {
    this.questions += 1;
    await this.answers;
    return this.isDown ? undefined : JSON.stringify({ symbols: this.listed.map((symbol) => ({ symbol })) });
  }
}

describe('a name of a symbol that Binance does not list', () => {
  let simulator: Simulator;
  let rest: ListingRest;
  let gateway: Gateway;
  const clients: WsClient[] = [];
  beforeEach(async () => {
    simulator = await Simulator.start({ pace: 10, ackDelayMs: [1, 2] });
    rest = new ListingRest(simulator.restUrl);
  });
  afterEach(async () => {
    await Promise.all(clients.splice(0).map((client) => client.close()));
    await gateway.stop();
    rest.stop();
    await simulator.stop();
  });
  const start = async (): Promise<void> => {
    const restUrl = await rest.start();
    gateway = await startStandalone({ wsUrl: simulator.wsUrl, restUrl }, { upstream: { symbolsEveryMs: 500 } });
    await until(async () => (await fetch(`${gateway.opsUrl}/readyz`)).ok);
  };
  const knows = (symbols: number): Promise<unknown> => until(async () => (await symbolsKnown(gateway)) === symbols);
  const connect = async (path: string): Promise<WsClient> => {
    const client = await WsClient.open(gateway.url + path);
    clients.push(client);
    return client;
  };
  /** Everything that Binance was ever asked for. */
  const asked = (): string =>
    simulator.connections.flatMap(({ url, requests }) => [decodeURIComponent(url)].concat(requests)).join('\n');
  const tradesOf = (client: WsClient, symbol: string): number =>
    client.messages.filter(({ e, s, type, symbol: own }) => (e ?? type) === 'trade' && (s ?? own) === symbol).length;

  it('is silent on Binance’s wire and refused on /v1, and Binance is never asked for it', async () => {
    await start();
    await knows(1);
    const client = await connect(`/ws/${NOWHERE}`);
    const params = [LATER, TRADE];
    expect(await replyTo(client, { method: 'SUBSCRIBE', params, id: 1 })).toEqual({ result: null, id: 1 });
    await until(() => tradesOf(client, 'BTCUSDT') > 5);
    expect(tradesOf(client, 'ETHUSDT')).toBe(0);
    const list = await replyTo(client, { method: 'LIST_SUBSCRIPTIONS', id: 2 });
    expect(list).toEqual({ result: [NOWHERE, ...params], id: 2 });
    const native = await connect('/v1');
    const refused = await native.ask({ event: 'subscribe', id: 3, data: { streams: [TRADE, NOWHERE, LATER] } });
    const message = `"${NOWHERE}": Binance lists no symbol NOSUCHUSDT`;
    const streams = { [NOWHERE]: message, [LATER]: expect.stringContaining('ETHUSDT') };
    expect(refused).toEqual({ event: 'error', id: 3, data: { code: 'bad-stream', message, streams } });
    expect(asked()).toContain(TRADE);
    for (const name of [NOWHERE, LATER]) expect(asked()).not.toContain(name);
  });

  it('works on the connections that are open once Binance lists it', async () => {
    await start();
    await knows(1);
    const client = await connect(`/stream?streams=${LATER}/${TRADE}`);
    const native = await connect('/v1');
    rest.listed = ['BTCUSDT', 'ETHUSDT'];
    await knows(2);
    await until(() => client.messages.some(({ stream }) => stream === LATER));
    const list = await replyTo(client, { method: 'LIST_SUBSCRIPTIONS', id: 1 });
    expect(list).toEqual({ result: [LATER, TRADE], id: 1 });
    native.send({ event: 'subscribe', data: { streams: [LATER] } });
    await until(() => tradesOf(native, 'ETHUSDT') > 0);
    expect([client.closed, native.closed]).toEqual([undefined, undefined]);
  });

  it('is told to be refused where it was asked for before the list was there, and comes when it is listed', async () => {
    let release: (value?: unknown) => void = () => undefined;
    rest.answers = new Promise((resolve) => (release = resolve));
    await start();
    const native = await connect('/v1');
    await native.ask({ event: 'subscribe', data: { streams: [NOWHERE, TRADE] } });
    await until(() => asked().includes(NOWHERE));
    release();
    const told = (cause: string): boolean =>
      native.messages.some((one) => one['cause'] === cause && one['stream'] === NOWHERE);
    await until(() => told('unknown-symbol'));
    await until(() => tradesOf(native, 'BTCUSDT') > 0);
    const carried = (): string[] =>
      simulator.connections.filter(({ isOpen }) => isOpen).flatMap(({ subscriptions }) => Array.from(subscriptions));
    await until(() => !carried().includes(NOWHERE));
    expect(carried()).toContain(TRADE);
    rest.listed = ['BTCUSDT', 'NOSUCHUSDT'];
    await until(() => carried().includes(NOWHERE));
    await until(() => told('acknowledged'));
  });

  it('is passed on while nobody knows which symbols there are, and what flows stays when one list after the other lacks it', async () => {
    rest.isDown = true;
    await start();
    const client = await connect(`/ws/${LATER}/${NOWHERE}`);
    await until(() => tradesOf(client, 'ETHUSDT') > 0 && asked().includes(NOWHERE));
    rest.isDown = false;
    await knows(1);
    const { questions } = rest;
    await until(() => rest.questions > questions + 2);
    const others = tradesOf(client, 'ETHUSDT');
    await until(() => tradesOf(client, 'ETHUSDT') > others + 5);
    const late = await connect(`/ws/${LATER}`);
    await until(() => tradesOf(late, 'ETHUSDT') > 0);
    expect(rest.listed).toEqual(['BTCUSDT']);
  });
});

describe('room at the upstream', () => {
  it('is shared between clients: one who wants many does not keep the others from theirs', async () => {
    const simulator = await Simulator.start({ pace: 10, ackDelayMs: [1, 2] });
    const gateway = await startStandalone(simulator, { upstream: { maxStreams: 4 } });
    await until(async () => (await fetch(`${gateway.opsUrl}/readyz`)).ok);
    const many = simulator.market.instruments.slice(0, 5).map(({ spec }) => `${spec.symbol.toLowerCase()}@bookTicker`);
    const few = [TRADE, LATER];
    const stateOf = (client: WsClient, name: string): unknown =>
      client.messages.findLast(({ type, stream }) => type === 'feed' && stream === name)?.['state'];
    const [greedy, modest] = [await WsClient.open(`${gateway.url}/v1`), await WsClient.open(`${gateway.url}/v1`)];
    greedy.send({ event: 'subscribe', data: { streams: many } });
    await until(() => many.slice(0, 4).every((name) => stateOf(greedy, name) === 'live'));
    await until(() => many.slice(4).every((name) => stateOf(greedy, name) === 'refused'));
    modest.send({ event: 'subscribe', data: { streams: few } });
    await until(() => few.every((name) => stateOf(modest, name) === 'live'));
    await until(() => many.slice(2).every((name) => stateOf(greedy, name) === 'refused'));
    expect(many.slice(0, 2).map((name) => stateOf(greedy, name))).toEqual(['live', 'live']);
    modest.send({ event: 'unsubscribe', data: { streams: few } });
    await until(() => many.slice(0, 4).every((name) => stateOf(greedy, name) === 'live'), { deadlineMs: 20_000 });
    for (const client of [greedy, modest]) await client.close();
    await gateway.stop();
    await simulator.stop();
  });
});
