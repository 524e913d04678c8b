import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Gateway, type StandaloneOptions, startStandalone } from '#libs/drill';
import { Simulator } from '#libs/simulator';
import { replyTo, symbolsKnown } from '../support/replies.js';
import { until } from '../support/until.js';
import { WsClient } from '../support/ws-client.js';

const NEW = 'newusdt@trade';
const EARLY = 'earlyusdt@trade';
const GONE = 'ethusdt@trade';
const TRADE = 'btcusdt@trade';

let simulator: Simulator;
let gateway: Gateway;
const clients: WsClient[] = [];
beforeEach(async () => {
  simulator = await Simulator.start({ pace: 10, ackDelayMs: [1, 2] });
});
afterEach(async () => {
  await Promise.all(clients.splice(0).map((client) => client.close()));
  await gateway.stop();
  await simulator.stop();
});

/** Which symbols there are is asked every hour, or so soon where somebody misses one. */
const start = async (symbolsSoonMs: number, options: StandaloneOptions = {}): Promise<void> => {
  gateway = await startStandalone(simulator, {
    timings: { symbolsSoonMs, symbolsSoonMostMs: symbolsSoonMs },
    ...options,
  });
  await until(async () => (await symbolsKnown(gateway)) > 0);
};
const connect = async (path: string): Promise<WsClient> => {
  const client = await WsClient.open(gateway.url + path);
  clients.push(client);
  return client;
};
const subscribe = (id: number, ...params: string[]) => ({ method: 'SUBSCRIBE', params, id });
const tradesOf = (client: WsClient, symbol: string): number =>
  client.messages.filter(({ e, s, type, symbol: own }) => (e ?? type) === 'trade' && (s ?? own) === symbol).length;
/** When Binance was asked which symbols there are. */
const questions = (): number[] =>
  simulator.restRequests.flatMap(({ path, at }) => (path === 'exchangeInfo' ? [at] : []));
/** Everything that Binance was ever asked for. */
const asked = (): string =>
  simulator.connections.flatMap(({ url, requests }) => [decodeURIComponent(url)].concat(requests)).join('\n');
/** What its connections carry now. */
const carried = (): string[] =>
  simulator.connections.filter(({ isOpen }) => isOpen).flatMap(({ subscriptions }) => Array.from(subscriptions));

describe('a symbol that Binance has listed since it was last asked which there are', () => {
  it('comes to whoever wants it on Binance’s wire, also since before, with no second SUBSCRIBE; on /v1 to who asks again', async () => {
    await start(500);
    const [early, late, native] = [await connect('/ws'), await connect('/ws'), await connect('/v1')];
    expect(await replyTo(early, subscribe(1, EARLY))).toEqual({ result: null, id: 1 });
    await until(() => questions().length === 2);
    expect(asked()).not.toContain(EARLY);
    const before = await symbolsKnown(gateway);
    for (const symbol of ['EARLYUSDT', 'NEWUSDT']) simulator.strike({ name: 'list-symbol', symbol });
    expect(await replyTo(late, subscribe(1, NEW, TRADE))).toEqual({ result: null, id: 1 });
    const inUrl = await connect(`/stream?streams=${NEW}`);
    const command = { event: 'subscribe', data: { streams: [NEW] } };
    expect(await replyTo(native, { ...command, id: 1 })).toMatchObject({
      event: 'error',
      data: { code: 'bad-stream' },
    });
    await until(() => tradesOf(early, 'EARLYUSDT') > 5 && tradesOf(late, 'NEWUSDT') > 5);
    await until(() => inUrl.messages.some(({ stream }) => stream === NEW));
    expect(await symbolsKnown(gateway)).toBe(before + 2);
    expect(await replyTo(native, { ...command, id: 2 })).toMatchObject({ event: 'subscribed' });
    await until(() => tradesOf(native, 'NEWUSDT') > 0);
    expect(await replyTo(late, { method: 'LIST_SUBSCRIPTIONS', id: 2 })).toEqual({ result: [NEW, TRADE], id: 2 });
    expect(questions()).toHaveLength(3);
    expect([early, late, inUrl, native].map(({ closed }) => closed)).toEqual([
      undefined,
      undefined,
      undefined,
      undefined,
    ]);
    expect(simulator.violations).toEqual([]);
  });

  it('is asked for no oftener than once in so long, whatever names strangers make up, and comes all the same', async () => {
    await start(3_000, { edge: { maxStreamsPerClient: 1_000_000, maxCommandsPerSecond: 1_000_000 } });
    const [client, stranger] = [await connect('/ws'), await connect('/ws')];
    let made = 0;
    const makeUp = (): void => {
      const names = Array.from({ length: 20 }, () => `junk${(made += 1)}usdt@trade`);
      stranger.send(subscribe(made, ...names));
    };
    await replyTo(client, subscribe(1, NEW));
    const patience = { deadlineMs: 15_000 };
    await until(() => {
      makeUp();
      return questions().length > 2;
    }, patience);
    simulator.strike({ name: 'list-symbol', symbol: 'NEWUSDT' });
    await until(() => {
      makeUp();
      return tradesOf(client, 'NEWUSDT') > 0;
    }, patience);
    const at = questions();
    // By the clock of Binance; a question may be a little longer on its way than the next one.
    for (const [index, one] of at.slice(1).entries()) expect(one - at[index]!).toBeGreaterThan(2_500);
    expect([made > 500, asked().includes('junk')]).toEqual([true, false]);
  });
});

describe('a symbol that Binance delists', () => {
  it('is refused on /v1 and silent on Binance’s wire, is let go of, and comes again when it is listed again', async () => {
    await start(500, { upstream: { symbolsEveryMs: 500 } });
    const [client, native] = [await connect(`/ws/${GONE}/${TRADE}`), await connect('/v1')];
    native.send({ event: 'subscribe', data: { streams: [GONE, TRADE] } });
    await until(() => [client, native].every((one) => tradesOf(one, 'ETHUSDT') > 5));
    simulator.strike({ name: 'delist-symbol', symbol: 'ETHUSDT' });
    const told = (): unknown => native.messages.findLast(({ type, stream }) => type === 'feed' && stream === GONE);
    const message = 'Binance lists no symbol ETHUSDT';
    await until(() => (told() as { cause: string }).cause === 'unknown-symbol');
    expect(told()).toMatchObject({ state: 'refused', by: 'upstream', message });
    await until(() => !carried().includes(GONE));
    const before = [client, native].map((one) => tradesOf(one, 'ETHUSDT'));
    const others = tradesOf(client, 'BTCUSDT');
    await until(() => tradesOf(client, 'BTCUSDT') > others + 20);
    expect([client, native].map((one) => tradesOf(one, 'ETHUSDT'))).toEqual(before);

    simulator.strike({ name: 'list-symbol', symbol: 'ETHUSDT' });
    await until(() => [client, native].every((one, at) => tradesOf(one, 'ETHUSDT') > before[at]! + 5));
    expect(told()).toMatchObject({ state: 'live' });
    expect([client.closed, native.closed]).toEqual([undefined, undefined]);
  });
});
