import type { LookupAddress } from 'node:dns';
import { type AddressInfo, type Server, createServer } from 'node:net';
import { expect, it, onTestFinished } from 'vitest';
import type { Clock } from '#libs/core';
import { systemClock } from '#libs/runtime';
import { FakeClock } from '../../../../test/support/fake-clock.js';
import { until } from '../../../../test/support/until.js';
import { listenBusily } from './busy-port.rig.js';
import { type Lookup, connectSideBySide } from './side-by-side.js';

/** Nobody has these addresses (RFC 5737, RFC 6666). */
const NOWHERE: LookupAddress = { address: '192.0.2.1', family: 4 };
const NO_ROUTE: LookupAddress = { address: '100::1', family: 6 };
const HERE: LookupAddress = { address: '127.0.0.1', family: 4 };

const named =
  (...addresses: LookupAddress[]): Lookup =>
  (_name, _options, done) =>
    done(null, addresses);

async function listen(): Promise<number> {
  const server: Server = createServer((socket) => socket.on('error', () => undefined));
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  return (server.address() as AddressInfo).port;
}

const parts = (lookup: Lookup, clock: Clock = new FakeClock()) => ({
  clock,
  lookup,
  signal: new AbortController().signal,
});

it('an IPv6 address that is out of reach costs no connection', async () => {
  const port = await listen();
  const clock = new FakeClock();
  const connecting = connectSideBySide({ host: 'binance.example', port }, parts(named(NO_ROUTE, HERE), clock));
  // Where the machine has no route the second address is tried at once, else when the first has had its time.
  await until(() => clock.pending > 0);
  clock.advance(250);
  const socket = await connecting;
  onTestFinished(() => void socket.destroy());
  expect(socket.remoteAddress).toBe('127.0.0.1');
});

it('gives up when every address has failed, with what the last one said', async () => {
  const refused = named(HERE, { address: '127.0.0.2', family: 4 });
  await expect(connectSideBySide({ host: 'binance.example', port: 1 }, parts(refused))).rejects.toMatchObject({
    code: 'ECONNREFUSED',
  });
});

it('an address that needs a second to answer is not cut before', async () => {
  const { port, free } = await listenBusily();
  const connecting = connectSideBySide({ host: 'binance.example', port }, parts(named(NO_ROUTE, HERE), systemClock));
  const at = performance.now();
  await until(() => performance.now() - at > 300);
  free();
  const socket = await connecting;
  onTestFinished(() => void socket.destroy());
  expect(socket.remoteAddress).toBe('127.0.0.1');
  expect(performance.now() - at).toBeGreaterThan(500);
});

it('leaves nothing behind when it is given up', async () => {
  const clock = new FakeClock();
  const giving = new AbortController();
  const lookup = named(NOWHERE, NO_ROUTE);
  const connecting = connectSideBySide({ host: 'binance.example', port: 9 }, { clock, lookup, signal: giving.signal });
  connecting.catch(() => undefined);
  giving.abort(new Error('too late'));
  await expect(connecting).rejects.toThrow('too late');
  expect(clock.pending).toBe(0);
});
