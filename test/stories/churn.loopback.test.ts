import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Gateway, startStandalone } from '#libs/drill';
import { systemClock as clock } from '#libs/runtime';
import { Simulator } from '#libs/simulator';
import { until } from '../support/until.js';
import { WsClient } from '../support/ws-client.js';

const MOST = 1_000;
const PLAIN = 'trade aggTrade ticker miniTicker bookTicker avgPrice depth5 depth10 depth20'.split(' ');
const INTERVALS = '1s 1m 3m 5m 15m 30m 1h 2h 4h 6h 8h 12h 1d 3d 1w'.split(' ');
const TYPES = [...PLAIN, ...INTERVALS.map((interval) => `kline_${interval}`)];

describe('somebody who opens and gives back streams without end', () => {
  let simulator: Simulator;
  let gateway: Gateway;
  let churned: string[];
  const clients: WsClient[] = [];

  beforeAll(async () => {
    simulator = await Simulator.start({ clock, pace: 5 });
    const [, ...symbols] = simulator.market.instruments.map(({ spec }) => spec.symbol.toLowerCase());
    churned = symbols.flatMap((symbol) => TYPES.map((type) => `${symbol}@${type}`)).slice(0, 200);
    gateway = await startStandalone(simulator, {
      edge: { maxStreams: MOST, lingerMs: 0, maxCommandsPerSecond: 10_000, readyNeedsData: true },
    });
    await until(async () => (await fetch(`${gateway.opsUrl}/readyz`)).ok);
  });
  afterAll(async () => {
    await Promise.all(clients.map((client) => client.close()));
    await gateway.stop();
    await simulator.stop();
  });

  const connect = async (localAddress: string): Promise<WsClient> => {
    const client = await WsClient.open(`${gateway.url}/v1`, { localAddress });
    clients.push(client);
    return client;
  };
  const reply = async (client: WsClient, event: string, streams: string[]): Promise<Record<string, unknown>> => {
    const id = `${event} ${client.texts.length}`;
    client.send({ event, id, data: { streams } });
    return until(() => client.messages.find((message) => message.id === id));
  };

  const served = async (): Promise<(string | undefined)[]> => {
    const status = (await (await fetch(`${gateway.opsUrl}/status`)).json()) as { served: { stream: string }[] };
    return status.served.map(({ stream }) => stream);
  };

  it('is told to go slower, and keeps nobody else from his first stream meanwhile', { timeout: 60_000 }, async () => {
    const churner = await connect('127.0.0.1');
    const other = await connect('127.0.0.2');
    let opened = 0;
    const refused = (async () => {
      for (;;) {
        const told = await reply(churner, 'subscribe', churned);
        if (told.event === 'error') return told.data;
        opened += churned.length;
        await reply(churner, 'unsubscribe', churned);
        churner.texts.length = 0;
        await until(async () => !(await served()).includes(churned[0]));
      }
    })();
    await until(() => opened > 0);
    expect(await reply(other, 'subscribe', ['btcusdt@trade'])).toMatchObject({ event: 'subscribed' });
    await until(() => other.messages.some(({ type }) => type === 'trade'));
    expect(await refused).toMatchObject({ code: 'too-many-commands', streams: expect.anything() });
    expect(opened).toBeLessThan(2 * MOST);
    expect(simulator.violations).toEqual([]);
    // Somebody else's first ones come as ever.
    await reply(other, 'subscribe', churned.slice(0, 1));
    await until(() => other.messages.some(({ type, stream }) => type !== 'feed' && stream === churned[0]));
  });
});
