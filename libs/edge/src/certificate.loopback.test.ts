import { mkdtempSync, renameSync, writeFileSync } from 'node:fs';
import { connect as dial } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect as dialSecurely } from 'node:tls';
import { once } from 'node:events';
import { afterEach, expect, it } from 'vitest';
import { Access, AccessSettings, SettingsError } from '#libs/runtime';
import { HandUpstream } from '../../../test/support/hand-upstream.js';
import { selfSigned } from '../../../test/support/self-signed.js';
import { type TestEdge, startEdge } from '../../../test/support/start-edge.js';
import { until } from '../../../test/support/until.js';
import { WsClient } from '../../../test/support/ws-client.js';

const TRADE = 'btcusdt@trade';
const trade = (id: number) =>
  ({ type: 'trade', symbol: 'BTCUSDT', id, price: '1', quantity: '1', taker: 'buy', tradedAt: 1, eventAt: 1 }) as const;
const folder = mkdtempSync(join(tmpdir(), 'holdfast-'));
const files = { tlsCertFile: join(folder, 'cert.pem'), tlsKeyFile: join(folder, 'key.pem') };
const [first, second, third] = [selfSigned(), selfSigned(), selfSigned()];

/** As a mounted secret changes: at once. */
function put(path: string, text: string | Buffer): void {
  writeFileSync(`${path}.new`, text);
  renameSync(`${path}.new`, path);
}
function install({ cert, key }: { cert: Buffer; key: Buffer }): void {
  put(files.tlsCertFile, cert);
  put(files.tlsKeyFile, key);
}

let edge: TestEdge | undefined;
afterEach(() => edge?.stop());

const port = (): number => Number(new URL(edge?.wsUrl ?? '').port);

/** The certificate that a newcomer is shown, with a server name or, as who connects to an address, without. */
async function shown(servername = ''): Promise<string> {
  const socket = dialSecurely({ port: port(), host: '127.0.0.1', rejectUnauthorized: false, servername });
  await once(socket, 'secureConnect');
  const { raw } = socket.getPeerCertificate();
  socket.destroy();
  return raw.toString('base64');
}
const textOf = ({ cert }: { cert: Buffer }): string => cert.toString().replace(/-----[^-]+-----|\s/g, '');

it('a new certificate is shown to newcomers, however they call us, and who is connected stays and hears everything', async () => {
  install(first);
  edge = await startEdge({}, { access: files });
  const upstream = new HandUpstream(edge.bus).start();
  const url = `${edge.wsUrl}/ws/${TRADE}`.replace('127.0.0.1', 'localhost');
  const open = (ca: Buffer): Promise<WsClient> => WsClient.open(url, { ca, family: 4 });
  expect(url).toMatch(/^wss:/);
  const clients = [await open(first.cert)];
  let id = 0;
  const publish = (): string => upstream.publish(TRADE, trade((id += 1)));
  const have = (newest: number): boolean => clients.every(({ texts }) => texts.at(-1)?.includes(`"t":${newest},`));
  await until(() => {
    publish();
    return clients.every(({ texts }) => texts.length > 0);
  });
  for (const [pair, ca] of [
    [second, second.cert],
    [third, third.cert],
  ] as const) {
    install(pair);
    await until(async () => (await shown()) === textOf(pair), { deadlineMs: 10_000 });
    expect(await shown('localhost')).toBe(textOf(pair));
    clients.push(await open(ca));
    publish();
    await until(() => have(id));
  }
  expect(clients.map(({ closed }) => closed)).toEqual(Array(3).fill(undefined));
  expect(clients.slice(1).map(({ texts }) => texts.length)).toEqual([2, 1]);
  upstream.stop();
});

it('a bad certificate is told, and the one before is shown on', async () => {
  install(first);
  const errors: unknown[] = [];
  const nothing = (): void => undefined;
  const log = { debug: nothing, info: nothing, warn: nothing, error: (fields: unknown) => void errors.push(fields) };
  edge = await startEdge({}, { access: files, log });
  put(files.tlsKeyFile, second.key);
  await until(() => errors.length > 0, { deadlineMs: 10_000 });
  expect(errors).toEqual([
    { code: 'edge.bad-certificate', why: expect.stringContaining('expected a certificate and its own key') },
  ]);
  expect(await shown()).toBe(textOf(first));
});

it('who speaks no TLS there is not answered, and nobody else is kept waiting', async () => {
  install(first);
  edge = await startEdge({}, { access: files });
  const plain = dial(port(), '127.0.0.1');
  let isCut = false;
  plain.on('close', () => (isCut = true)).on('error', () => undefined);
  plain.write('GET /v1 HTTP/1.1\r\nHost: localhost\r\n\r\n');
  const idle = dial(port(), '127.0.0.1');
  const client = await WsClient.open(`${edge.wsUrl}/v1`, { rejectUnauthorized: false });
  expect(await client.ask({ event: 'list' })).toMatchObject({ event: 'list' });
  await until(() => isCut);
  idle.destroy();
});

it('a start with a pair that is none names both settings', () => {
  const open = (settings: Partial<AccessSettings>) => new Access(Object.assign(new AccessSettings(), settings));
  install({ cert: first.cert, key: second.key });
  expect(() => open(files)).toThrow(SettingsError);
  expect(() => open(files)).toThrow(
    /HOLDFAST_TLS_CERT_FILE is ".*" and HOLDFAST_TLS_KEY_FILE is ".*": expected a certificate/,
  );
  expect(() => open({ tlsCertFile: files.tlsCertFile })).toThrow(
    /HOLDFAST_TLS_KEY_FILE is "": expected both or neither/,
  );
  const missing = join(folder, 'none.pem');
  expect(() => open({ ...files, tlsKeyFile: missing })).toThrow(/HOLDFAST_TLS_KEY_FILE is ".*none.pem": .*ENOENT/);
});
