import { afterEach, beforeEach, expect, it } from 'vitest';
import { FakeGateway } from '../../../test/support/fake-gateway.js';
import { until } from '../../../test/support/until.js';
import { HoldfastClient } from './index.js';

let gateway: FakeGateway;
let client: HoldfastClient;
beforeEach(async () => {
  gateway = new FakeGateway();
  await gateway.listening();
  client = new HoldfastClient({ url: gateway.url, random: () => 0 });
  client.start();
});
afterEach(async () => {
  await client.stop();
  await gateway.close();
});
const asked = (): unknown[] => gateway.commands.map(({ data }) => data);

it('asks for streams under the contract that each is wanted under, and names no place of those that leave something out', async () => {
  let starts = 0;
  const started = (): void => void (starts += 1);
  client.subscribe('btcusdt@trade', { started });
  client.subscribe('ethusdt@trade', { started }, { delivery: 'latest' });
  client.subscribe('bnbusdt@trade', { started }, { delivery: 'rate', perSecond: 5 });
  client.subscribe('xrpusdt@trade', { started }, { delivery: 'latest', last: 0 });
  await until(() => starts === 4);
  const loose = [
    { streams: ['ethusdt@trade', 'xrpusdt@trade'], delivery: 'latest' },
    { streams: ['bnbusdt@trade'], delivery: 'rate', perSecond: 5 },
  ];
  expect(asked()).toEqual([{ streams: ['btcusdt@trade'] }, ...loose]);
  for (const stream of ['btcusdt@trade', 'ethusdt@trade']) {
    gateway.say({ type: 'trade', stream, epoch: 1, seq: 9, symbol: 'BTCUSDT', id: 9 });
  }
  gateway.say({ event: 'pong', data: { at: 1 } });
  gateway.socket.close();
  await until(() => starts === 8);
  expect(asked().slice(3)).toEqual([
    { streams: ['btcusdt@trade'], since: { 'btcusdt@trade': { epoch: 1, seq: 9 } } },
    ...loose,
  ]);
});

it('gives listeners of one stream what the one who wants most wants, and asks anew where that is more', async () => {
  let starts = 0;
  const conflated: unknown[] = [];
  const listener = {
    started: () => void (starts += 1),
    event: (event: { conflated?: number }) => conflated.push(event.conflated),
  };
  client.subscribe('btcusdt@trade', listener, { delivery: 'rate', perSecond: 5 });
  await until(() => starts === 1);
  gateway.say({ type: 'trade', stream: 'btcusdt@trade', epoch: 1, seq: 8, symbol: 'BTCUSDT', id: 8, conflated: 3 });
  await until(() => conflated.length === 1);
  const leave = client.subscribe('btcusdt@trade', {}, { delivery: 'rate', perSecond: 2 });
  client.subscribe('btcusdt@trade', {}, { delivery: 'latest' });
  await until(() => starts === 2);
  leave();
  expect(asked()).toEqual([
    { streams: ['btcusdt@trade'], delivery: 'rate', perSecond: 5 },
    { streams: ['btcusdt@trade'], delivery: 'latest' },
  ]);
  expect(conflated).toEqual([3]);
});

it.each([
  [{ perSecond: 5 }, 'perSecond: only with the delivery "rate"'],
  [{ delivery: 'rate' as const }, 'perSecond: expected a whole number above 0, not undefined'],
  [{ delivery: 'rate' as const, perSecond: 0.5 }, 'perSecond: expected a whole number above 0, not 0.5'],
])('refuses %j', (options, message) => {
  expect(() => client.subscribe('btcusdt@trade', {}, options)).toThrow(new TypeError(message));
});
