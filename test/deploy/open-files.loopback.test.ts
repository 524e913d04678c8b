import { connect } from 'node:net';
import { beforeAll, expect, it, onTestFinished } from 'vitest';
import { Simulator } from '#libs/simulator';
import { BareClient } from '../support/bare-client.js';
import { assertBuilt } from '../support/built.js';
import { until } from '../support/until.js';
import { runRole } from './run-role.js';

beforeAll(assertBuilt);

const CLIENTS = 300;
const OPEN_FILES = 200;

it('a process that may open 200 files answers probes, reconnects and sends data with 300 clients at its door', async () => {
  const simulator = await Simulator.start({ pace: 20 });
  onTestFinished(() => simulator.stop());
  const { output, urlOf } = runRole(
    'standalone',
    { HOLDFAST_UPSTREAM_WS_URL: simulator.wsUrl, HOLDFAST_RETRY_FIRST_MS: '20' },
    { openFiles: OPEN_FILES },
  );
  const ops = await urlOf('ops');
  const edge = await urlOf('edge');
  expect(output()).toMatch(/"code":"process.few-files".*takes \d+ clients, not 10000: .* 200 files/);

  const first = new BareClient(`${edge}/ws/btcusdt@trade`);
  await until(() => first.texts.length > 0);
  const others = Array.from({ length: CLIENTS }, () => new BareClient(`${edge}/ws`));
  onTestFinished(() => [first, ...others].forEach((client) => client.end()));
  // Told so, or, where so many come at once that the last files would go, cut off.
  const isRefused = ({ closed }: BareClient): boolean => closed?.code === 4002 || closed?.code === 1006;
  await until(() => others.every((client) => client.closed ?? client.isOpen));
  await until(() => others.some(isRefused));

  const metrics = await (await fetch(`${ops}/metrics`)).text();
  const taken = Number(/^holdfast_edge_connections_limit\{limit="taken"\} (\d+)$/m.exec(metrics)?.[1]);
  await until(() => others.filter(isRefused).length === CLIENTS + 1 - taken);
  expect((await fetch(`${ops}/readyz`)).status).toBe(200);

  const attempts = simulator.attempts.length;
  simulator.strike({ name: 'close', code: 1000, reason: '' });
  await until(() => first.closed ?? simulator.attempts.length > attempts);
  const seen = first.texts.length;
  await until(() => first.texts.length > seen + 10);
  expect(first.closed).toBeUndefined();
});

it('a process that may open 200 files reconnects and sends data while 400 stand at its door and say nothing', async () => {
  const simulator = await Simulator.start({ pace: 20 });
  onTestFinished(() => simulator.stop());
  const { urlOf } = runRole(
    'standalone',
    { HOLDFAST_UPSTREAM_WS_URL: simulator.wsUrl, HOLDFAST_RETRY_FIRST_MS: '20' },
    { openFiles: OPEN_FILES },
  );
  const ops = await urlOf('ops');
  const edge = new URL(await urlOf('edge'));
  const client = new BareClient(`${edge.href}ws/btcusdt@trade`);
  await until(() => client.texts.length > 0);
  let gone = 0;
  const stand = (): void => {
    const socket = connect(Number(edge.port), edge.hostname);
    socket.on('error', () => undefined);
    socket.on('close', () => (gone += 1));
    onTestFinished(() => void socket.destroy());
  };
  for (let stranger = 0; stranger < 400; stranger += 1) stand();
  await until(() => gone > 200);
  const attempts = simulator.attempts.length;
  simulator.strike({ name: 'close', code: 1000, reason: '' });
  await until(() => simulator.attempts.length > attempts);
  const seen = client.texts.length;
  await until(() => client.texts.length > seen + 10);
  expect((await fetch(`${ops}/readyz`)).status).toBe(200);
  expect(await (await fetch(`${ops}/metrics`)).text()).toMatch(/refused_connections_total\{why="no-files"\} [1-9]/);
  expect(client.closed).toBeUndefined();
  client.end();
});
