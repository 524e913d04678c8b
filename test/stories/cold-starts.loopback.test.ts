import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Gateway, startStandalone } from '#libs/drill';
import { systemClock as clock } from '#libs/runtime';
import { Simulator } from '#libs/simulator';
import { until } from '../support/until.js';
import { WsClient } from '../support/ws-client.js';

const STARTS = 12;

/** A diff as it comes on Binance's wire. */
interface WireDiff {
  U: number;
  u: number;
}

/**
 * A program that does what Binance's documentation says: it opens a stream of diffs, fetches a snapshot as soon as it is let in or
 * answered, drops the diffs that are in it, and expects the next one to join it.
 */
describe('a program that keeps a book by the official recipe, on a stream that nobody had', () => {
  let simulator: Simulator;
  let gateway: Gateway;
  let symbols: string[];

  beforeAll(async () => {
    simulator = await Simulator.start({ clock, pace: 10 });
    symbols = simulator.market.instruments.map(({ spec }) => spec.symbol);
    gateway = await startStandalone(simulator, { edge: { lingerMs: 0, subscribeWaitMs: 8_000, readyNeedsData: true } });
    await until(async () => (await fetch(`${gateway.opsUrl}/readyz`)).ok);
  });

  afterAll(async () => {
    await gateway.stop();
    await simulator.stop();
  });

  const nameOf = (start: number): string => `${symbols[start % symbols.length]?.toLowerCase()}@depth@100ms`;
  const isCarried = (name: string): boolean =>
    simulator.connections.some(({ isOpen, subscriptions }) => isOpen && [...subscriptions].includes(name));

  /** Fetches the snapshot now, and gives what is wrong with the first diff behind it. */
  const join = async (client: WsClient, start: number): Promise<string | undefined> => {
    const symbol = symbols[start % symbols.length] ?? '';
    const answer = await fetch(`${simulator.restUrl}/api/v3/depth?symbol=${symbol}&limit=100`);
    const { lastUpdateId } = (await answer.json()) as { lastUpdateId: number };
    const diffs = (): WireDiff[] => client.messages.filter(({ e }) => e === 'depthUpdate') as unknown as WireDiff[];
    const first = await until(() => diffs().find(({ u }) => u > lastUpdateId)).catch(async (cause: unknown) => {
      throw new Error(`start ${start}: no diff after ${lastUpdateId}: ${await whatIsKnownOf(client)}`, { cause });
    });
    if (first.U <= lastUpdateId + 1) return undefined;
    return `start ${start}: ${first.U} to ${first.u} after a snapshot of ${lastUpdateId}`;
  };

  const whatIsKnownOf = async (client: WsClient): Promise<string> => {
    const carried = symbols.filter((_, start) => isCarried(nameOf(start)));
    const { messages, closed } = client;
    const status: unknown = await (await fetch(`${gateway.opsUrl}/status`)).json();
    return JSON.stringify({ carried, closed, last: messages.at(-1), count: messages.length, status });
  };

  const holesIn = async (enter: (name: string) => Promise<WsClient>): Promise<(string | undefined)[]> => {
    const holes: (string | undefined)[] = [];
    for (let start = 0; start < STARTS; start += 1) {
      const name = nameOf(start);
      await until(() => !isCarried(name));
      const client = await enter(name);
      holes.push(await join(client, start));
      await client.close();
    }
    return holes.filter((hole) => hole !== undefined);
  };

  it('finds no hole when it names the stream in the path', async () => {
    expect(await holesIn((name) => WsClient.open(`${gateway.url}/ws/${name}`))).toEqual([]);
  }, 120_000);

  it('finds no hole when it subscribes', async () => {
    const enter = async (name: string): Promise<WsClient> => {
      const client = await WsClient.open(`${gateway.url}/ws`);
      client.send({ method: 'SUBSCRIBE', params: [name], id: 1 });
      await until(() => client.messages.some(({ id }) => id === 1));
      return client;
    };
    expect(await holesIn(enter)).toEqual([]);
  }, 120_000);

  it('is let in at a name on which nothing ever comes as at any other', async () => {
    const name = `${symbols[0]?.toLowerCase()}@blockTrade`;
    simulator.strike({ name: 'mute-stream', stream: name });
    await (await WsClient.open(`${gateway.url}/ws/${name}`)).close();
    await until(() => !isCarried(name));
    const client = await WsClient.open(`${gateway.url}/ws`);
    expect(await client.ask({ method: 'SUBSCRIBE', params: [name], id: 1 })).toEqual({ result: null, id: 1 });
    await client.close();
  });

  it('is let in at once while the connection to Binance is down', async () => {
    simulator.script(Array.from({ length: 1_000 }, () => ({ refuse: { status: 503 } })));
    simulator.strike({ name: 'close', code: 1000 });
    await until(() => simulator.connections.every(({ isOpen }) => !isOpen));
    const client = await WsClient.open(`${gateway.url}/ws/${symbols[1]?.toLowerCase()}@aggTrade`);
    expect(simulator.connections.every(({ isOpen }) => !isOpen)).toBe(true);
    await client.close();
  });
});
