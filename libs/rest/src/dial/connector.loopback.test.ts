import type { LookupAddress } from 'node:dns';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { expect, it, onTestFinished } from 'vitest';
import { systemClock } from '#libs/runtime';
import { selfSigned } from '../../../../test/support/self-signed.js';
import { until } from '../../../../test/support/until.js';
import { Http } from '../hosts/http.js';
import { listenBusily } from './busy-port.rig.js';
import type { Lookup } from './side-by-side.js';

const NEVER = new AbortController().signal;

const HERE: LookupAddress = { address: '127.0.0.1', family: 4 };
/** Nobody listens there. */
const BESIDE: LookupAddress = { address: '127.0.0.2', family: 4 };

function httpAt(port: number, connectTimeoutMs: number, addresses: LookupAddress[], scheme = 'http'): Http {
  const lookup: Lookup = (_name, _options, done) => done(null, addresses);
  const limits = { proxy: undefined, answerMs: 10_000, connections: 1, mostBytes: 1_000 };
  const http = new Http(`${scheme}://binance.example:${port}`, systemClock, { ...limits, connectTimeoutMs, lookup });
  onTestFinished(() => http.stop());
  return http;
}

it('a request reaches a host of which one address takes a second to answer and the other refuses', async () => {
  const { port, free } = await listenBusily();
  const asking = httpAt(port, 8_000, [HERE, BESIDE]).get({ path: '/', query: {} }, {}, NEVER);
  const at = performance.now();
  await until(() => performance.now() - at > 600);
  free();
  expect(await asking).toMatchObject({ ok: true, value: { status: 200, text: '[]' } });
});

it('a host that nobody reaches has the time of the setting, and no more', async () => {
  const { port } = await listenBusily();
  const at = performance.now();
  const answer = await httpAt(port, 700, [HERE, BESIDE]).get({ path: '/', query: {} }, {}, NEVER);
  expect(answer).toEqual({ ok: false, problem: 'no TCP connection within 0.7 s' });
  expect(performance.now() - at).toBeGreaterThanOrEqual(695);
});

it('a host is spoken to over TLS where its URL says so, and its certificate is checked', async () => {
  const server = createServer(selfSigned(), (_request, response) => response.end('[]'));
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  const { port } = server.address() as AddressInfo;
  const answer = await httpAt(port, 5_000, [HERE], 'https').get({ path: '/', query: {} }, {}, NEVER);
  expect(answer).toEqual({ ok: false, problem: 'self-signed certificate' });
});
