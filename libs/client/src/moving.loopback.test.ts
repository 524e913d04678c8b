import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FakeGateway } from '../../../test/support/fake-gateway.js';
import { until } from '../../../test/support/until.js';
import { HoldfastClient, type StreamListener, type StreamStart } from './index.js';

const TRADE = 'btcusdt@trade';
const OTHER = 'ethusdt@trade';
const ARRAY = '!miniTicker@arr';

describe('a client that is asked to connect elsewhere', () => {
  let gateway: FakeGateway;
  let client: HoldfastClient;
  let states: string[];
  let ids: number[];
  let starts: StreamStart[];

  const listener: StreamListener<typeof TRADE> = {
    event: ({ id }) => ids.push(id),
    started: (start) => starts.push(start),
  };

  /** Says something on the connection that was made first, second … */
  const say = (connection: number, message: unknown): void =>
    gateway.sockets[connection]?.send(JSON.stringify(message));
  const trade = (connection: number, seq: number, stream = TRADE): void =>
    say(connection, { type: 'trade', stream, epoch: 1, seq, symbol: 'X', id: seq });
  const askToGo = (): void => say(0, { event: 'reconnect', data: { withinMs: 5_000 } });
  const askedOn = async (subscriptions: number): Promise<void> => {
    await until(() => gateway.commands.filter(({ event }) => event === 'subscribe').length === subscriptions);
  };
  const isClosed = (connection: number): boolean => (gateway.sockets[connection]?.readyState ?? 0) >= 2;

  beforeEach(async () => {
    gateway = new FakeGateway();
    await gateway.listening();
    [states, ids, starts] = [[], [], []];
    client = new HoldfastClient({ url: gateway.url, random: () => 0, connection: ({ state }) => states.push(state) });
    client.start();
    client.subscribe(TRADE, listener);
    await until(() => starts.length === 1);
    trade(0, 8);
    trade(0, 9);
    await until(() => ids.length === 2);
  });

  afterEach(async () => {
    await client.stop();
    await gateway.close();
  });

  it('stays where it is until that has brought all that the other one does not, and is told nothing twice', async () => {
    gateway.place = { epoch: 1, seq: 11 };
    askToGo();
    await askedOn(2);
    expect(gateway.commands[1]?.data?.since).toEqual({ [TRADE]: { epoch: 1, seq: 9 } });
    trade(1, 12);
    trade(1, 13);
    trade(0, 10);
    await until(() => ids.length === 3);
    expect([states, isClosed(0)]).toEqual([['connecting', 'open'], false]);
    trade(0, 11);
    await until(() => ids.length === 6);
    await until(() => isClosed(0));
    trade(1, 14);
    await until(() => ids.length === 7);
    expect(ids).toEqual([8, 9, 10, 11, 12, 13, 14]);
    expect(states).toEqual(['connecting', 'open', 'moved']);
    expect(starts).toHaveLength(1);
  });

  it('goes at once where the other one is not as far, and drops what comes again', async () => {
    gateway.place = { epoch: 1, seq: 8 };
    askToGo();
    await until(() => isClosed(0));
    for (const seq of [9, 10, 11]) trade(1, seq);
    await until(() => ids.length === 4);
    expect(ids).toEqual([8, 9, 10, 11]);
    expect(states).toEqual(['connecting', 'open', 'moved']);
  });

  it('goes at once where the other one says that it goes on from that place', async () => {
    gateway.place = { epoch: 2, seq: 3 };
    gateway.resumed = { [TRADE]: true };
    askToGo();
    await until(() => isClosed(0));
    say(1, { type: 'trade', stream: TRADE, epoch: 2, seq: 4, symbol: 'X', id: 10 });
    await until(() => ids.length === 3);
    expect(ids).toEqual([8, 9, 10]);
  });

  it('waits for the first word on a stream that the other one has not heard of yet', async () => {
    gateway.place = null as never;
    askToGo();
    await askedOn(2);
    trade(0, 10);
    await until(() => ids.length === 3);
    expect(isClosed(0)).toBe(false);
    say(1, {
      type: 'feed',
      stream: TRADE,
      epoch: 1,
      seq: 10,
      state: 'live',
      since: 0,
      cause: 'resumed',
      by: 'upstream',
    });
    await until(() => isClosed(0));
    trade(1, 11);
    await until(() => ids.length === 4);
    expect(ids).toEqual([8, 9, 10, 11]);
  });

  it('begins anew on a third one where the first is closed too soon, and is told that something was missed', async () => {
    gateway.place = { epoch: 1, seq: 50 };
    askToGo();
    await askedOn(2);
    trade(1, 51);
    gateway.sockets[0]?.close(4000, 'shutting down');
    await until(() => starts.length === 2);
    await until(() => isClosed(1));
    trade(2, 51);
    await until(() => ids.length === 3);
    expect(ids).toEqual([8, 9, 51]);
    expect(starts[1]?.hasMissed).toBe(true);
    expect(states).toEqual(['connecting', 'open', 'lost', 'connecting', 'open']);
  });

  it('stays where the other one has no room for it', async () => {
    gateway.refuseNext({ code: 'too-many-streams', message: 'full' });
    askToGo();
    await until(() => gateway.sockets.length === 2 && isClosed(1));
    trade(0, 10);
    await until(() => ids.length === 3);
    expect([states, isClosed(0)]).toEqual([['connecting', 'open'], false]);
  });

  it('goes on trying where the other one is lost before it has taken over', async () => {
    gateway.place = { epoch: 1, seq: 20 };
    askToGo();
    await askedOn(2);
    trade(1, 21);
    trade(0, 10);
    await until(() => ids.length === 3);
    gateway.place = { epoch: 1, seq: 10 };
    gateway.sockets[1]?.terminate();
    await askedOn(3);
    await until(() => isClosed(0));
    trade(2, 11);
    await until(() => ids.length === 4);
    expect(ids).toEqual([8, 9, 10, 11]);
    expect(states).toEqual(['connecting', 'open', 'moved']);
  });

  it('has what was subscribed meanwhile, told once that it begins', async () => {
    gateway.place = { epoch: 1, seq: 10 };
    askToGo();
    await askedOn(2);
    const others: number[] = [];
    let begun = 0;
    client.subscribe(OTHER, { event: ({ id }) => others.push(id), started: () => (begun += 1) });
    await askedOn(4);
    trade(0, 10);
    await until(() => isClosed(0));
    trade(1, 11, OTHER);
    trade(1, 11);
    await until(() => others.length === 1 && ids.length === 4);
    expect([ids, others, begun]).toEqual([[8, 9, 10, 11], [11], 1]);
  });

  describe('with an array under a contract that leaves some of it out', () => {
    let told: string[];
    const ticker = (connection: number, symbol: string, seq: number): void =>
      say(connection, { type: 'miniTicker', stream: ARRAY, epoch: 1, seq, symbol, last: `${seq}` });
    beforeEach(async () => {
      told = [];
      client.subscribe(ARRAY, { event: ({ symbol, last }) => told.push(`${symbol} ${last}`) }, { delivery: 'latest' });
      await askedOn(2);
      ticker(0, 'eth', 9);
      await until(() => told.length === 1);
      gateway.place = { epoch: 1, seq: 12 };
      askToGo();
      await askedOn(4);
      trade(0, 12);
    });
    const isMoved = (): boolean => states.includes('moved');

    it('has the first one say what that holds before it goes, and the newest of each symbol from either, none behind a newer one', async () => {
      gateway.beforeSubscribed = (socket) => {
        if (socket === gateway.sockets[0]) ticker(0, 'btc', 8);
      };
      ticker(1, 'xrp', 13);
      ticker(1, 'eth', 14);
      ticker(0, 'eth', 15);
      await until(isMoved);
      ticker(1, 'btc', 16);
      await until(() => told.at(-1) === 'btc 16');
      const of = (name: string): string[] => told.filter((one) => one.startsWith(name));
      expect([of('btc'), of('xrp')]).toEqual([['btc 8', 'btc 16'], ['xrp 13']]);
      expect(['eth 15', 'eth 14,eth 15']).toContain(of('eth').slice(1).join());
      expect(gateway.commands.at(-1)?.data).toEqual({ streams: [ARRAY], delivery: 'latest' });
      expect(gateway.commands.filter(({ event }) => event === 'subscribe')).toHaveLength(5);
    });

    it('goes without that where the first one refuses to', async () => {
      gateway.refuseNext({ code: 'internal', message: 'a bug' });
      ticker(0, 'eth', 12);
      await until(isMoved);
      ticker(1, 'btc', 13);
      await until(() => told.length === 3);
      expect(told).toEqual(['eth 9', 'eth 12', 'btc 13']);
    });
  });

  it('closes both when it is stopped meanwhile', async () => {
    gateway.place = { epoch: 1, seq: 10 };
    askToGo();
    await askedOn(2);
    await client.stop();
    await until(() => isClosed(0) && isClosed(1));
    expect(states).toEqual(['connecting', 'open', 'closed']);
  });
});
