import { type IncomingMessage, type ServerResponse, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { spot } from '#libs/binance';
import { MemoryBus } from '#libs/bus';
import { BinanceSettings, systemClock } from '#libs/runtime';
import { until } from '../../../test/support/until.js';
import { Pass, type PassParts, type PassRequest } from './pass.js';

const NEVER = new AbortController().signal;
const TRADES: PassRequest = {
  path: '/api/v3/trades',
  query: { symbol: 'BTCUSDT' },
  weight: 25,
  timeUnit: 'MILLISECOND',
};

const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

/** A host of a test's own, and what has come to it. */
async function serve(handle: (request: IncomingMessage, response: ServerResponse) => void) {
  const requests: string[] = [];
  const server = createServer((request, response) => {
    requests.push(request.url ?? '');
    handle(request, response);
  });
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  closers.push(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, requests };
}

const answer =
  (status: number, text: string, headers: Record<string, string> = {}) =>
  (_: IncomingMessage, response: ServerResponse): void =>
    void response.writeHead(status, headers).end(text);

function passAt(urls: readonly string[], { share = 0.5, bus = new MemoryBus() } = {}): Pass {
  const rest = urls.map((url) => ({ url, lacks: [] }));
  const market: PassParts['market'] = { ...spot, urls: { stream: '', rest } };
  const timings = { failedMs: 300, failedMostMs: 1_000, answerMs: 400 };
  const settings = new BinanceSettings();
  const pass = new Pass({ market, settings, budget: bus.budget, clock: systemClock, share, timings });
  closers.push(() => pass.stop());
  return pass;
}

describe('a question that is passed on', () => {
  it('brings the answer as it came, whatever its status, and its headers', async () => {
    for (const [status, text] of [
      [200, ' [1, 1.0, 12345678901234567890]'],
      [400, '{"code":-1121,"msg":"Invalid symbol."}'],
    ] as const) {
      const { url } = await serve(answer(status, text, { 'x-mbx-used-weight-1m': '31' }));
      const pass = passAt([url]);
      expect(await pass.ask(TRADES, NEVER)).toMatchObject({
        ok: true,
        value: { status, text, headers: { 'x-mbx-used-weight-1m': '31' } },
      });
      expect(pass.usedWeight).toBe(31);
    }
  });

  it('goes to the next host where the first does not answer, or somebody else answers for it', async () => {
    const good = await serve(answer(200, '[]'));
    for (const bad of [
      answer(451, '<html>Not in your region</html>'),
      answer(404, 'nginx'),
      answer(200, '<html>Please log in</html>'),
      answer(502, '{"code":-1001,"msg":"Internal error."}'),
      () => undefined,
    ]) {
      const { url } = await serve(bad);
      expect(await passAt([url, good.url]).ask(TRADES, NEVER)).toMatchObject({ ok: true, value: { text: '[]' } });
    }
  });

  it('that a firewall refuses goes to no other host, and holds up nobody: neither others who ask nor what we ask', async () => {
    let isOdd = true;
    const first = await serve((_, response) => {
      response.writeHead(isOdd ? 403 : 200).end(isOdd ? '<html>Forbidden</html>' : '[]');
    });
    const second = await serve(answer(200, '[]'));
    const bus = new MemoryBus();
    const [one, other] = [passAt([first.url, second.url], { bus }), passAt([first.url], { bus })];
    const text = '<html>Forbidden</html>';
    expect(await one.ask(TRADES, NEVER)).toMatchObject({ ok: true, value: { status: 403, text } });
    expect([first.requests.length, second.requests.length]).toEqual([1, 0]);
    isOdd = false;
    for (const pass of [one, other])
      expect(await pass.ask(TRADES, NEVER)).toMatchObject({ ok: true, value: { status: 200 } });
    const key = spot.channels.weight(new URL(first.url).host);
    expect(await bus.budget.take(key, 6_000, 60_000, 1)).toBe(0);
    expect(first.requests).toHaveLength(3);
  });

  it('goes to the next host where the first one’s firewall has refused ten in a row, and holds up no weight', async () => {
    const shut = await serve(answer(403, '<html>Forbidden</html>'));
    const open = await serve(answer(200, '[]'));
    const bus = new MemoryBus();
    const pass = passAt([shut.url, open.url], { bus });
    for (let time = 1; time < 10; time += 1)
      expect(await pass.ask(TRADES, NEVER)).toMatchObject({ ok: true, value: { status: 403 } });
    expect(open.requests).toHaveLength(0);
    for (let time = 0; time < 2; time += 1)
      expect(await pass.ask(TRADES, NEVER)).toMatchObject({ ok: true, value: { status: 200 } });
    expect([shut.requests.length, open.requests.length]).toEqual([10, 2]);
    const key = spot.channels.weight(new URL(shut.url).host);
    expect(await bus.budget.take(key, 6_000, 60_000, 1)).toBe(0);
  });

  it('is held back for a minute where the firewalls of all hosts have, and only then', async () => {
    const hosts = [await serve(answer(403, '')), await serve(answer(403, ''))];
    const pass = passAt(hosts.map(({ url }) => url));
    for (let time = 0; time < 19; time += 1)
      expect(await pass.ask(TRADES, NEVER)).toMatchObject({ ok: true, value: { status: 403 } });
    const held = await pass.ask(TRADES, NEVER);
    expect(held).toMatchObject({ ok: false, problem: { is: 'held' } });
    expect(!held.ok && held.problem.retryInMs).toBeGreaterThan(50_000);
    expect(hosts.map(({ requests }) => requests.length)).toEqual([10, 10]);
  });

  it('may be held back by who asks when its turn has come, and then takes nothing', async () => {
    const { url, requests } = await serve(answer(200, '[]'));
    const pass = passAt([url]);
    const problem = { is: 'held', retryInMs: 5_000 };
    expect(await pass.ask(TRADES, NEVER, () => 5_000)).toMatchObject({ ok: false, problem });
    expect([requests.length, pass.load]).toEqual([0, { underWay: 0, waiting: 0 }]);
    expect(await pass.ask(TRADES, NEVER, () => 0)).toMatchObject({ ok: true });
  });

  it('is answered with Binance’s own complaint where no host has anything better', async () => {
    const { url } = await serve(answer(502, '{"code":-1001,"msg":"Internal error."}'));
    const page = await serve(answer(502, '<html>Bad gateway</html>'));
    expect(await passAt([url, page.url]).ask(TRADES, NEVER)).toMatchObject({ ok: true, value: { status: 502 } });
    expect(await passAt([page.url]).ask(TRADES, NEVER)).toMatchObject({ ok: false, problem: { is: 'unreachable' } });
  });

  it('never waits for weight, and takes none above its share, whoever took the rest', async () => {
    const { url, requests } = await serve(answer(200, '[]'));
    const bus = new MemoryBus();
    const { host } = new URL(url);
    const pass = passAt([url], { share: 0.1, bus });
    await bus.budget.take(spot.channels.weight(host), 6_000, 60_000, 540);
    expect(await pass.ask(TRADES, NEVER)).toMatchObject({ ok: true });
    const askedAt = systemClock.now();
    const refused = await pass.ask(TRADES, NEVER);
    expect(systemClock.now() - askedAt).toBeLessThan(1_000);
    expect(refused).toMatchObject({ ok: false, problem: { is: 'over' } });
    expect(!refused.ok && refused.problem.retryInMs).toBeGreaterThan(30_000);
    expect(requests).toHaveLength(1);
  });

  it('is not asked while an order to wait holds, at whatever host, in whatever process', async () => {
    const first = await serve(answer(429, '{"code":-1003,"msg":"Too many requests."}', { 'retry-after': '30' }));
    const second = await serve(answer(200, '[]'));
    const bus = new MemoryBus();
    const pass = passAt([first.url, second.url], { bus });
    expect(await pass.ask(TRADES, NEVER)).toMatchObject({ ok: true, value: { status: 429 } });
    const other = passAt([second.url], { bus });
    for (const one of [pass, other])
      expect(await one.ask(TRADES, NEVER)).toMatchObject({ ok: false, problem: { is: 'over' } });
    expect([first.requests.length, second.requests.length]).toEqual([1, 0]);
  });

  it('waits for its turn behind 16 others, and 256 may wait', async () => {
    const held: ServerResponse[] = [];
    const { url, requests } = await serve((_, response) => void held.push(response));
    const pass = passAt([url], { share: 1 });
    const light = { ...TRADES, weight: 1 };
    const asking = Array.from({ length: 16 + 256 }, () => pass.ask(light, NEVER));
    expect(await pass.ask(light, NEVER)).toMatchObject({ ok: false, problem: { is: 'busy' } });
    await until(() => requests.length === 16);
    expect(pass.load).toEqual({ underWay: 16, waiting: 256 });
    const cancel = new AbortController();
    cancel.abort();
    expect(await passAt([url]).ask(light, cancel.signal)).toMatchObject({ ok: false });
    await until(() => {
      for (const response of held.splice(0)) response.end('[]');
      return requests.length === 272;
    });
    for (const response of held.splice(0)) response.end('[]');
    expect((await Promise.all(asking)).every(({ ok }) => ok)).toBe(true);
  });

  it('waits behind three others of that kind where its answer is large, and no small one behind these', async () => {
    const held: ServerResponse[] = [];
    const { url, requests } = await serve((request, response) => {
      if (request.url?.includes('limit=1')) response.end('[]');
      else held.push(response);
    });
    const pass = passAt([url], { share: 1 });
    const large = Array.from({ length: 5 }, () => pass.ask({ ...TRADES, weight: 1, isLarge: true }, NEVER));
    await until(() => requests.length === 3);
    expect(pass.load).toEqual({ underWay: 3, waiting: 2 });
    const small = { ...TRADES, weight: 1, query: { symbol: 'BTCUSDT', limit: 1 } };
    expect(await pass.ask(small, NEVER)).toMatchObject({ ok: true });
    expect(requests).toHaveLength(4);
    await until(() => {
      for (const response of held.splice(0)) response.end('[]');
      return requests.length === 6 && pass.load.underWay === 0;
    });
    expect((await Promise.all(large)).every(({ ok }) => ok)).toBe(true);
    expect(pass.load).toEqual({ underWay: 0, waiting: 0 });
  });
});
