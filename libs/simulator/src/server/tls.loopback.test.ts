import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync } from 'node:fs';
import { get } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { BareClient } from '../../../../test/support/bare-client.js';
import { until } from '../../../../test/support/until.js';
import { Simulator } from '../index.js';

/** A certificate for 127.0.0.1 that nobody has signed; undefined where there is no openssl. */
function selfMade(): { key: string; cert: string } | undefined {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-tls-'));
  const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
  const subject = ['-subj', '/CN=127.0.0.1', '-addext', 'subjectAltName=IP:127.0.0.1'];
  try {
    const request = [
      'req',
      '-x509',
      '-newkey',
      'ec',
      '-pkeyopt',
      'ec_paramgen_curve:prime256v1',
      '-nodes',
      '-days',
      '1',
    ];
    execFileSync('openssl', [...request, '-keyout', key, '-out', cert, ...subject], { stdio: 'ignore' });
    return { key: readFileSync(key, 'utf8'), cert: readFileSync(cert, 'utf8') };
  } catch {
    return undefined;
  }
}

const tls = selfMade();

it.skipIf(!tls)('streams, REST and a cut inside a frame work over TLS (needs openssl)', async () => {
  const simulator = await Simulator.start(tls ? { tls } : {});
  onTestFinished(() => simulator.stop());
  expect([simulator.wsUrl, simulator.restUrl]).toEqual([
    expect.stringMatching(/^wss:/),
    expect.stringMatching(/^https:/),
  ]);
  const client = new BareClient(`${simulator.wsUrl}/ws/btcusdt@bookTicker`, { rejectUnauthorized: false });
  await until(() => client.texts.length > 3);
  let status: number | undefined;
  get(`${simulator.restUrl}/api/v3/time`, { rejectUnauthorized: false }, (answer) => (status = answer.statusCode));
  await until(() => status === 200);
  simulator.strike({ name: 'cut-mid-utf8' });
  await until(() => client.closed);
  expect(client.closed?.code).toBe(1006);
});

it.skipIf(!tls)('TCP is reset below TLS, before and after the upgrade', async () => {
  const simulator = await Simulator.start(tls ? { tls } : {});
  onTestFinished(() => simulator.stop());
  const client = new BareClient(`${simulator.wsUrl}/ws`, { rejectUnauthorized: false });
  await until(() => client.isOpen);
  simulator.strike({ name: 'reset' });
  await until(() => client.closed);
  simulator.strike({ name: 'refuse-reset' });
  const next = new BareClient(`${simulator.wsUrl}/ws`, { rejectUnauthorized: false });
  await until(() => next.closed);
  expect([client.closed?.code, next.errors[0]]).toEqual([1006, 'read ECONNRESET']);
});

it.skipIf(!tls)('a client that does not know the certificate fails in the handshake', async () => {
  const simulator = await Simulator.start(tls ? { tls } : {});
  onTestFinished(() => simulator.stop());
  const client = new BareClient(`${simulator.wsUrl}/ws`);
  await until(() => client.errors.length > 0);
  expect(client.errors[0]).toContain('self-signed certificate');
  expect(simulator.attempts).toEqual([]);
});
