import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FakeClock } from '../../../test/support/fake-clock.js';
import { FakeGateway } from '../../../test/support/fake-gateway.js';
import { until } from '../../../test/support/until.js';
import { HoldfastClient } from './index.js';

describe('the life of a client', () => {
  let gateway: FakeGateway;

  beforeEach(async () => {
    gateway = new FakeGateway();
    await gateway.listening();
  });
  afterEach(() => gateway.close());

  it.each([
    ['', 'url is "": expected where a gateway listens, like ws://127.0.0.1:9443'],
    ['gateway:9443', 'expected where a gateway listens'],
    ['http://127.0.0.1:9443', 'expected where a gateway listens'],
    ['ws://', 'expected where a gateway listens'],
    ['ws://127.0.0.1:9443/#v1', 'has no part after #'],
  ])('does not begin with the URL %j', (url, message) => {
    expect(() => new HoldfastClient({ url })).toThrow(message);
  });

  it.each([
    ['', '/v1'],
    ['/', '/v1'],
    ['/v1', '/v1'],
    ['/v1/', '/v1'],
    ['/market/v1', '/market/v1'],
    ['/market/', '/market/v1'],
    ['?token=1/2', '/v1?token=1/2'],
    ['/v1?token=1', '/v1?token=1'],
  ])('dials the URL that ends in %j at %s', async (end, path) => {
    const client = new HoldfastClient({ url: `${gateway.url}${end}` });
    client.start();
    await until(() => gateway.paths.length === 1);
    expect(gateway.paths).toEqual([path]);
    await client.stop();
  });

  it('is one life: what is asked of it after its end is refused in words', async () => {
    const states: string[] = [];
    const client = new HoldfastClient({ url: gateway.url, connection: ({ state }) => states.push(state) });
    client.start();
    const stopped = client.stop();
    expect(() => client.start()).toThrow('start() does nothing on this client, it was stopped: make a new one');
    expect(() => client.subscribe('btcusdt@trade', {})).toThrow('subscribe() does nothing on this client');
    await stopped;
    expect(states).toEqual(['connecting', 'closed']);
  });

  it('ends when the gateway says so, and says why, also where nobody listens to the connection', async () => {
    const errors: string[] = [];
    const client = new HoldfastClient({ url: gateway.url, error: (error) => errors.push((error as Error).message) });
    client.start();
    await until(() => gateway.sockets.length === 1);
    gateway.socket.close(4501, 'too many errors');
    await until(() => errors.length === 1);
    expect(errors).toEqual(['the gateway closed the connection for good: 4501 too many errors']);
    expect(() => client.start()).toThrow('4501 too many errors');
  });

  it('may be stopped from inside any change of its connection, and then dials no more', async () => {
    for (const when of ['connecting', 'open', 'lost']) {
      const states: string[] = [];
      const client = new HoldfastClient({
        url: gateway.url,
        random: () => 0,
        connection: ({ state }) => {
          states.push(state);
          if (state === 'open') gateway.socket.terminate();
          if (state === when) void client.stop();
        },
      });
      client.start();
      await until(() => states.at(-1) === 'closed' || states.at(-1) === when);
      await client.stop();
      expect(states.filter((state) => state === 'connecting')).toHaveLength(1);
    }
    await until(() => gateway.sockets.every(({ readyState }) => readyState === 3));
  });

  it('goes on trying where dialling itself throws', async () => {
    const states: string[] = [];
    const client = new HoldfastClient({
      url: gateway.url,
      random: () => 0,
      connection: ({ state }) => states.push(state),
      dial: () => {
        throw new Error('not from this page');
      },
    });
    client.start();
    await until(() => states.filter((state) => state === 'lost').length >= 2);
    await client.stop();
    expect(states.slice(0, 3)).toEqual(['connecting', 'lost', 'connecting']);
  });

  it('waits and asks again when the gateway says that it was too fast, and nobody is refused', async () => {
    const client = new HoldfastClient({ url: gateway.url });
    const told: string[] = [];
    gateway.refuseNext({ code: 'too-many-commands', message: 'slower' });
    client.subscribe('btcusdt@trade', { started: () => told.push('started'), refused: () => told.push('refused') });
    client.start();
    await until(() => told.length === 1);
    expect(told).toEqual(['started']);
    expect(gateway.commands.map(({ event }) => event)).toEqual(['subscribe', 'subscribe']);
    await client.stop();
  });

  it.each([
    { code: 'too-many-streams', message: 'full' },
    { code: 'no-room', message: 'full', streams: { 'btcusdt@trade': 'full' } },
    { code: 'too-many-commands', message: 'slower', streams: { 'btcusdt@trade': 'slower' } },
  ] as const)('goes on asking where there is no room yet ($code), and says so once', async (refusal) => {
    const clock = new FakeClock();
    const client = new HoldfastClient({ url: gateway.url, clock });
    const told: string[] = [];
    client.subscribe('btcusdt@trade', { started: () => told.push('started'), refused: () => told.push('refused') });
    client.start();
    for (let asked = 1; asked <= 3; asked += 1) {
      gateway.refuseNext(refusal);
      await until(() => {
        clock.advance(500);
        return gateway.commands.filter(({ event }) => event === 'subscribe').length === asked;
      });
    }
    await until(() => {
      clock.advance(500);
      return told.includes('started');
    });
    expect(told).toEqual(['refused', 'started']);
    await client.stop();
  });
});
