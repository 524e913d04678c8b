import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { HandUpstream } from '../../../../test/support/hand-upstream.js';
import { type TestEdge, startEdge } from '../../../../test/support/start-edge.js';
import { until } from '../../../../test/support/until.js';
import { wholeTrade } from '../../../../test/support/whole-events.js';
import { WsClient } from '../../../../test/support/ws-client.js';

const TRADE = 'btcusdt@trade';
const trade = (id: number) => ({ ...wholeTrade(id), price: '1'.repeat(2_000) });

let edge: TestEdge;
let upstream: HandUpstream;

beforeEach(async () => {
  edge = await startEdge();
  upstream = new HandUpstream(edge.bus).start();
});
afterEach(async () => {
  upstream.stop();
  await edge.stop();
});

const connect = (path: string): Promise<WsClient> => WsClient.open(`${edge.wsUrl}${path}`);

const scrape = async (): Promise<string> => (await fetch(`${edge.opsUrl}/metrics`)).text();

const read = async (series: string): Promise<number> =>
  Number(
    (await scrape())
      .split('\n')
      .find((line) => line.startsWith(`${series} `))
      ?.split(' ')
      .at(-1),
  );

describe('the metrics of an edge', () => {
  it('count from 0 whatever has a label', async () => {
    const shown = await scrape();
    for (const series of [
      'closes_total{code="1006"}',
      'closes_total{code="4001"}',
      'closes_total{code="other"}',
      'commands_total{wire="native",result="ok"}',
      'commands_total{wire="binance",result="too-many-streams"}',
      'slow_clients_closed_total{how="told"}',
      'slow_clients_closed_total{how="cut"}',
      'refused_connections_total{why="too-many"}',
    ])
      expect(shown).toContain(`holdfast_edge_${series} 0\n`);
  });

  it('count how connections ended, by code, whoever closed', async () => {
    const clients = await Promise.all(['/v1', '/ws', '/v1', '/v1', '/v1'].map(connect));
    clients[0]?.socket.close(1000);
    clients[1]?.socket.close();
    clients[2]?.socket.terminate();
    clients[3]?.socket.close(4_242);
    clients[4]?.socket.send(Buffer.alloc(70_000, ' ').toString());
    await until(async () => (await read('holdfast_edge_connections{wire="native"}')) === 0);
    const codes = await Promise.all(
      ['1000', '1005', '1006', 'other', '1009'].map((code) => read(`holdfast_edge_closes_total{code="${code}"}`)),
    );
    expect(codes).toEqual([1, 1, 1, 1, 1]);
  });

  it('count what was sent to clients, and show what waits for those who do not read', async () => {
    const clients = [await connect(`/ws/${TRADE}`), await connect(`/stream?streams=${TRADE}`), await connect('/v1')];
    await clients[2]?.ask({ event: 'subscribe', data: { streams: [TRADE] } });
    await clients[2]?.take(1);
    const before = await read('holdfast_edge_sent_bytes_total');
    upstream.publish(TRADE, trade(1));
    await until(() => clients.every(({ texts }) => texts.length === 1));
    const letters = clients.reduce((sum, { texts }) => sum + (texts[0]?.length ?? 0), 0);
    expect((await read('holdfast_edge_sent_bytes_total')) - before).toBe(letters);
    await clients[2]?.ask({ event: 'list', id: 1 });
    expect(await read('holdfast_edge_sent_bytes_total')).toBeGreaterThan(before + letters + 20);

    expect(await read('holdfast_edge_backlog_bytes{of="all"}')).toBe(0);
    clients[0]?.socket.pause();
    clients[1]?.socket.pause();
    let id = 1;
    await until(async () => {
      for (let burst = 0; burst < 50; burst += 1) upstream.publish(TRADE, trade((id += 1)));
      return (await read('holdfast_edge_backlog_bytes{of="largest"}')) > 100_000;
    });
    const [all, largest] = await Promise.all(
      ['all', 'largest'].map((of) => read(`holdfast_edge_backlog_bytes{of="${of}"}`)),
    );
    expect(all).toBeGreaterThan(largest ?? Infinity);
    expect(all).toBeLessThanOrEqual(2 * (largest ?? 0));
  });

  it('say of the lag that it is measured with the clocks of two machines', async () => {
    expect(await scrape()).toMatch(/^# HELP holdfast_edge_lag_seconds .*clocks of two machines/m);
  });

  it('say whether the process is ready', async () => {
    expect(await read('holdfast_ready')).toBe(1);
  });
});
