import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Gateway, startStandalone } from '#libs/drill';
import { Simulator } from '#libs/simulator';
import { BareClient } from '../support/bare-client.js';
import {
  CLOSES,
  type ControlCase,
  ENDINGS,
  HANDSHAKE,
  PATHS,
  REFUSALS,
  REQUESTS,
  SHUTDOWN,
  SILENT,
  WRONG_PATHS,
} from '../support/control-reference.js';
import { transcriptOf } from '../support/transcript.js';
import { until } from '../support/until.js';

const TRADE = 'btcusdt@trade';
const LIST = '{"method":"LIST_SUBSCRIPTIONS","id":3}';

/** How fast, how long and how many requests may be is a matter of its own. */
const PATIENT = { messagesPerSecond: 1_000, requestBytes: 65_536, attempts: 10_000 };

let binance: Simulator;
let source: Simulator;
let gateway: Gateway;
beforeAll(async () => {
  binance = await Simulator.start({ limits: PATIENT, pace: 10, ackDelayMs: [0, 1] });
  source = await Simulator.start({ pace: 10, ackDelayMs: [0, 1] });
  gateway = await startStandalone(source);
  await until(async () => (await fetch(`${gateway.opsUrl}/readyz`)).ok);
});
afterAll(async () => {
  await gateway.stop();
  await Promise.all([binance.stop(), source.stop()]);
});

const cases = (some: readonly ControlCase[]) => some.map((one) => [one.says, one] as const);

describe.each(['the simulator', 'the edge'] as const)('%s does as Binance does', (who) => {
  const base = (): string => (who === 'the simulator' ? binance.wsUrl : gateway.url);

  it.each([...cases(PATHS), ...cases(REQUESTS), ...cases(REFUSALS), ...cases(ENDINGS)])('%s', async (_, one) => {
    const [upgrade, ...answers] = await transcriptOf(base(), {
      path: one.path,
      texts: one.exchanges.map(([said]) => said),
    });
    const expected = one.exchanges.map(([, answer]) =>
      answer instanceof RegExp ? expect.stringMatching(answer) : answer,
    );
    expect([upgrade, ...answers]).toEqual(['HTTP 101', ...expected]);
  });

  it.each(WRONG_PATHS.paths)('a wrong path: %s', async (path) => {
    const client = new BareClient(base() + path);
    await until(() => client.refused);
    const { status, body } = client.refused ?? { body: '' };
    expect([status, body.slice(0, WRONG_PATHS.body.length)]).toEqual([WRONG_PATHS.status, WRONG_PATHS.body]);
  });

  it.each(HANDSHAKE.malformed)('a handshake that is malformed: %s', async (_, headers) => {
    const { hostname, port } = new URL(base());
    const socket = connect(Number(port), hostname);
    let got = '';
    socket.on('data', (data: Buffer) => (got += data.toString('latin1'))).on('error', () => undefined);
    socket.write(['GET /ws HTTP/1.1', 'Host: localhost', ...headers, '', ''].join('\r\n'));
    await until(() => got.includes('\r\n'));
    expect(got).toMatch(new RegExp(`^HTTP/1.1 ${HANDSHAKE.status} `));
    socket.destroy();
  });

  it('is silent under the names of which there is no stream', async () => {
    const client = new BareClient(`${base()}/stream`);
    await until(() => client.isOpen);
    client.send({ method: 'SUBSCRIBE', params: [...SILENT, TRADE], id: 1 });
    await until(() => client.payloads(TRADE).length > 50);
    expect(SILENT.filter((name) => client.payloads(name).length > 0)).toEqual([]);
    client.end();
  });
});

it('a request without an id is refused by the simulator, as the documentation says, and carried out by the edge, on purpose', async () => {
  const script = { path: '/ws', texts: ['{"method":"LIST_SUBSCRIPTIONS"}'] };
  const refused = '{"error":{"code":2,"msg":"Invalid request: request ID must be an unsigned integer"}}';
  expect(await transcriptOf(binance.wsUrl, script)).toEqual(['HTTP 101', refused]);
  expect(await transcriptOf(gateway.url, script)).toEqual(['HTTP 101', '{"result":[],"id":null}']);
});

describe('a connection is ended as at Binance', () => {
  const opened = async (url: string, options = {}): Promise<BareClient> => {
    const client = new BareClient(url, options);
    await until(() => client.isOpen);
    return client;
  };
  const ended = async (client: BareClient): Promise<BareClient['closed']> => {
    await until(() => client.closed);
    return client.closed;
  };
  const said = (client: BareClient): string[] => client.texts.filter((text) => text.includes('serverShutdown'));

  it('by the simulator, and by an edge that is as strict, where more than five requests are said within a second', async () => {
    const strict = await startStandalone(source, { edge: { maxCommandsPerSecond: 5 } });
    const strictBinance = await Simulator.start({ ackDelayMs: [0, 1] });
    for (const url of [strictBinance.wsUrl, strict.url]) {
      const client = await opened(`${url}/ws`);
      for (let request = 0; request < 6; request += 1) client.send(LIST);
      expect(await ended(client)).toEqual(CLOSES.tooFast);
    }
    await Promise.all([strict.stop(), strictBinance.stop()]);
  });

  it('by the simulator where no pong comes, and when it has lived for as long as it may', async () => {
    const limits = { pingEveryMs: 300, pongWithinMs: 300, lifetimeMs: 1_000 };
    const hurried = await Simulator.start({ limits });
    const [silent, old] = [
      await opened(`${hurried.wsUrl}/ws`, { autoPong: false }),
      await opened(`${hurried.wsUrl}/ws`),
    ];
    expect([await ended(silent), await ended(old)]).toEqual([CLOSES.noPong, CLOSES.aged]);
    await hurried.stop();
  });

  it('by either where it shuts down, which is said before in the form of the connection, though nobody has subscribed to it', async () => {
    const leaving = await startStandalone(source, { edge: { drainGraceMs: 400 } });
    const leavingBinance = await Simulator.start({ ackDelayMs: [0, 1] });
    const urls = [leavingBinance.wsUrl, leaving.url];
    const clients = await Promise.all(urls.flatMap((url) => [opened(`${url}/ws`), opened(`${url}/stream`)]));
    for (const client of clients) client.send(LIST);
    await until(() => clients.every(({ replies }) => replies.length > 0));
    leavingBinance.strike({ name: 'server-shutdown', closeAfterMs: 100 });
    const stopped = leaving.stop();
    for (const [at, client] of clients.entries()) {
      const { code, reason } = (await ended(client)) ?? {};
      expect([code, reason]).toEqual([CLOSES.goingAway.code, expect.stringMatching(CLOSES.goingAway.reason)]);
      const form = at % 2 === 0 ? SHUTDOWN.raw : SHUTDOWN.combined;
      expect([said(client), client.replies]).toEqual([[expect.stringMatching(form)], ['{"result":[],"id":3}']]);
    }
    await Promise.all([stopped, leavingBinance.stop()]);
  });
});
